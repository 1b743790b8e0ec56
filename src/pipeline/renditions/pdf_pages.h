// The pages of a PDF, by qpdf. Its headers are not C++20 for every compiler: this pair of files is C++17.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace dray::pipeline {

struct PdfPage {
  std::string_view content;   // a document of this page and what it needs; no outline, no scripts, no attachments
  int width = 1, height = 1;  // points, turned as the page is
};

// The first `most` pages, until `visit` answers false. Throws std::exception: the document is damaged, or locked.
void split_pdf(std::string_view document, int most, const std::function<bool(const PdfPage&)>& visit);

}  // namespace dray::pipeline

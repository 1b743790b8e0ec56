// The pages of a document as documents of their own. Only in processes that may die (source.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/renditions/settings.h"
#include "pipeline/renditions/source.h"

namespace dray::pipeline {

// MIME types of documents that have pages: PDF, which Illustrator writes too, and TIFF.
const std::vector<std::string>& types_with_pages();

struct Page {
  std::string name;  // page1.pdf, page2.pdf, ...
  std::string_view content, mime_type;
  PixelSize size;  // points of a PDF
};

// The first `most` pages, one after the other; nothing of a TIFF with a single one. Code::invalid: the document is
// damaged, or locked by a password. Stops at the first error of `visit`.
Result<void> split_pages(const Source& source, int most, const std::function<Result<void>(const Page&)>& visit);

}  // namespace dray::pipeline

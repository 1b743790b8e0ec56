#include "pipeline/renditions/pages.h"

#include <fmt/format.h>

#include "pipeline/renditions/pdf_pages.h"

namespace dray::pipeline {
namespace {

using Visit = std::function<Result<void>(const Page&)>;

Result<void> split_pdf_pages(const Source& source, int most, const Visit& visit) try {
  auto visited = ok();
  int number = 0;
  split_pdf(text_of(source.bytes()), most, [&](const PdfPage& page) {
    visited = visit({fmt::format("page{}.pdf", ++number), page.content, "application/pdf", {page.width, page.height}});
    return static_cast<bool>(visited);
  });
  return visited;
} catch (const std::exception& error) {
  return Error{Code::invalid, "the pages cannot be taken apart: the document is damaged, or locked by a password",
               error.what()};
}

// As the file has them: no colour is converted, and nothing is lost.
Result<void> split_tiff(const Source& source, int most, const Visit& visit) try {
  auto count = source.facts().pages;
  for (int i = 0; i < most && i < count && count > 1; ++i) {
    auto page = source.load_page(i);
    auto* blob =
        page.tiffsave_buffer(vips::VImage::option()->set("compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE));
    std::size_t size = 0;
    const auto* start = static_cast<const char*>(vips_blob_get(blob, &size));
    auto visited =
        visit({fmt::format("page{}.tif", i + 1), {start, size}, "image/tiff", {page.width(), page.height()}});
    vips_area_unref(VIPS_AREA(blob));
    RETURN_IF_ERROR(visited);
  }
  return ok();
} catch (const vips::VError& error) {
  vips_error_clear();
  return Error{Code::invalid, "the pages cannot be taken apart: the document is damaged", error.what()};
}

}  // namespace

const std::vector<std::string>& types_with_pages() {
  static const std::vector<std::string> types = {"application/pdf", "application/illustrator",
                                                 "application/vnd.adobe.illustrator", "image/tiff"};
  return types;
}

Result<void> split_pages(const Source& source, int most, const Visit& visit) {
  if (source.facts().kind == SourceKind::pdf) return split_pdf_pages(source, most, visit);
  if (source.facts().kind == SourceKind::tiff) return split_tiff(source, most, visit);
  return ok();
}

}  // namespace dray::pipeline

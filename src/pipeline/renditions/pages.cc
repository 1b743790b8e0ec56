#define POINTERHOLDER_TRANSITION 4  // std::shared_ptr, as its next versions have it
#include "pipeline/renditions/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>

namespace dray::pipeline {
namespace {

using Visit = std::function<Result<void>(const Page&)>;

// Of the MediaBox, turned as the page is.
PixelSize size_of(QPDFPageObjectHelper& page) {
  auto box = page.getAttribute("/MediaBox", false);
  PixelSize size{1, 1};
  if (box.isRectangle()) {
    auto rectangle = box.getArrayAsRectangle();
    auto points = [](double length) {
      return std::clamp(static_cast<int>(std::lround(std::abs(length))), 1, 1'000'000);
    };
    size = {points(rectangle.urx - rectangle.llx), points(rectangle.ury - rectangle.lly)};
  }
  auto turn = page.getAttribute("/Rotate", false);
  if (turn.isInteger() && turn.getIntValue() % 180 != 0) std::swap(size.width, size.height);
  return size;
}

// What the page needs and nothing else: no outline, no scripts and no attachments of the whole.
Result<void> split_pdf(const Source& source, int most, const Visit& visit) try {
  QPDF whole;
  whole.setSuppressWarnings(true);
  auto bytes = source.bytes();
  whole.processMemoryFile("the original", reinterpret_cast<const char*>(bytes.data()), bytes.size());
  QPDFPageDocumentHelper document(whole);
  document.removeUnreferencedResources();
  auto pages = document.getAllPages();
  for (int i = 0; i < most && i < static_cast<int>(pages.size()); ++i) {
    auto& page = pages[static_cast<std::size_t>(i)];
    QPDF one;
    one.setSuppressWarnings(true);
    one.emptyPDF();
    QPDFPageDocumentHelper(one).addPage(page, false);
    QPDFWriter writer(one);
    writer.setOutputMemory();
    writer.setDeterministicID(true);
    writer.setObjectStreamMode(qpdf_o_generate);
    writer.write();
    auto content = writer.getBufferSharedPointer();
    std::string_view text(reinterpret_cast<const char*>(content->getBuffer()), content->getSize());
    RETURN_IF_ERROR(visit({fmt::format("page{}.pdf", i + 1), text, "application/pdf", size_of(page)}));
  }
  return ok();
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
  if (source.facts().kind == SourceKind::pdf) return split_pdf(source, most, visit);
  if (source.facts().kind == SourceKind::tiff) return split_tiff(source, most, visit);
  return ok();
}

}  // namespace dray::pipeline

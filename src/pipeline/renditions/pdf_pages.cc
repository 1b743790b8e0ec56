#define POINTERHOLDER_TRANSITION 4  // std::shared_ptr, as its next versions have it
#include "pipeline/renditions/pdf_pages.h"

#include <algorithm>
#include <cmath>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>

namespace dray::pipeline {
namespace {

int points(double length) { return std::clamp(static_cast<int>(std::lround(std::abs(length))), 1, 1'000'000); }

// Of the MediaBox.
void measure(QPDFPageObjectHelper& page, PdfPage& result) {
  auto box = page.getAttribute("/MediaBox", false);
  if (!box.isRectangle()) return;
  auto rectangle = box.getArrayAsRectangle();
  result.width = points(rectangle.urx - rectangle.llx);
  result.height = points(rectangle.ury - rectangle.lly);
  auto turn = page.getAttribute("/Rotate", false);
  if (turn.isInteger() && turn.getIntValue() % 180 != 0) std::swap(result.width, result.height);
}

}  // namespace

void split_pdf(std::string_view document, int most, const std::function<bool(const PdfPage&)>& visit) {
  QPDF whole;
  whole.setSuppressWarnings(true);
  whole.processMemoryFile("the original", document.data(), document.size());
  QPDFPageDocumentHelper helper(whole);
  helper.removeUnreferencedResources();
  auto pages = helper.getAllPages();
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
    PdfPage result;
    result.content = {reinterpret_cast<const char*>(content->getBuffer()), content->getSize()};
    measure(page, result);
    if (!visit(result)) return;
  }
}

}  // namespace dray::pipeline

// A picture on a page of its own size: PDF and EPS, which hold one image and nothing else.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/settings.h"

namespace dray::pipeline {

struct PagePicture {
  PixelSize size;
  is::PixelType type = is::PixelType::rgb;
  double resolution = 72;  // dots per inch: the page has size * 72 / resolution points
  std::string profile;     // ICC, may be empty
  std::string resources;   // Photoshop's, for EPS; may be empty
  std::string content;     // the pixels, row by row, or a JPEG of them
  bool is_jpeg = false;
};

// PDF 1.4 (ISO 32000-1, 8.9): one page, one image XObject, whose pixels are deflated where `compress` says so.
enum class PdfCompression { none, zip };
std::string format_pdf(const PagePicture& picture, PdfCompression compression);

// EPSF-3.0 (Adobe Technical Note 5002), uncompressed binary. Profile and resources stand in comments, as Photoshop's
// do.
std::string format_eps(const PagePicture& picture);

}  // namespace dray::pipeline

#include "pipeline/renditions/smart_crop.h"

#include <algorithm>
#include <cmath>

namespace dray::pipeline {
namespace {

constexpr double kProxy = 800;  // pixels of its longer side: more does not find better

PixelSize largest_inside(PixelSize picture, PixelSize target) {
  auto aspect = static_cast<double>(target.width) / target.height;
  auto width = std::min<double>(picture.width, picture.height * aspect);
  return {std::clamp(static_cast<int>(std::lround(width)), 1, picture.width),
          std::clamp(static_cast<int>(std::lround(width / aspect)), 1, picture.height)};
}

}  // namespace

Result<NormalBox> find_smart_crop(const Source& source, PixelSize target) try {
  const auto& seen = source.facts().seen;
  auto reduction = std::max(1.0, std::max(seen.width, seen.height) / kProxy);
  auto proxy = source.load(reduction, Source::Access::random);
  auto factor = std::min(1.0, kProxy / std::max(proxy.width(), proxy.height()));
  if (factor < 1) proxy = proxy.resize(factor).copy_memory();
  PixelSize size{proxy.width(), proxy.height()};
  auto wanted = largest_inside(size, target);
  auto cropped = proxy.smartcrop(wanted.width, wanted.height,
                                 vips::VImage::option()->set("interesting", VIPS_INTERESTING_ATTENTION));
  // libvips leaves behind where it cut, as offsets to the left and up.
  auto left = std::clamp(-cropped.xoffset(), 0, size.width - wanted.width);
  auto top = std::clamp(-cropped.yoffset(), 0, size.height - wanted.height);
  return NormalBox{static_cast<double>(left) / size.width, static_cast<double>(top) / size.height,
                   static_cast<double>(wanted.width) / size.width, static_cast<double>(wanted.height) / size.height};
} catch (const vips::VError& error) {
  vips_error_clear();
  return Error{Code::invalid, "no smart crop can be found: the file is damaged", error.what()};
}

PixelBox pixels_of(const NormalBox& box, PixelSize picture, PixelSize target) {
  auto place = [](double fraction, int of) { return static_cast<int>(std::lround(fraction * of)); };
  PixelBox pixels{{place(box.left, picture.width), place(box.top, picture.height)},
                  {std::max(1, place(box.width, picture.width)), std::max(1, place(box.height, picture.height))}};
  if (target.width > 0 && target.height > 0) {
    auto aspect = static_cast<double>(target.width) / target.height;
    auto& size = pixels.size;
    if (size.width > size.height * aspect)
      size.width = std::max(1, static_cast<int>(std::lround(size.height * aspect)));
    else
      size.height = std::max(1, static_cast<int>(std::lround(size.width / aspect)));
  }
  pixels.at.x = std::clamp(pixels.at.x, 0, std::max(0, picture.width - pixels.size.width));
  pixels.at.y = std::clamp(pixels.at.y, 0, std::max(0, picture.height - pixels.size.height));
  return pixels;
}

}  // namespace dray::pipeline

#include "pipeline/renditions/compose.h"

namespace dray::pipeline {

using vips::VImage;

namespace {

VipsKernel kernel_of(is::Resampling resampling) {
  switch (resampling) {
    case is::Resampling::bilin:
      return VIPS_KERNEL_LINEAR;
    case is::Resampling::bicub:
      return VIPS_KERNEL_CUBIC;
    case is::Resampling::sharp2:
      return VIPS_KERNEL_LANCZOS3;
    case is::Resampling::bisharp:
      return VIPS_KERNEL_LANCZOS2;
  }
  return VIPS_KERNEL_LANCZOS3;
}

}  // namespace

Picture resize(Picture picture, PixelSize to, is::Resampling resampling) {
  auto from = size_of(picture.pixels);
  if (from == to) return picture;
  auto interpretation = picture.pixels.interpretation();
  auto* options = VImage::option()
                      ->set("vscale", static_cast<double>(to.height) / from.height)
                      ->set("kernel", kernel_of(resampling));
  auto x = static_cast<double>(to.width) / from.width;
  if (picture.has_alpha) {
    picture.pixels = picture.pixels.premultiply().resize(x, options).unpremultiply().rint();
  } else {
    picture.pixels = picture.pixels.resize(x, options);
  }
  picture.pixels = picture.pixels.cast(VIPS_FORMAT_UCHAR).copy(VImage::option()->set("interpretation", interpretation));
  if (size_of(picture.pixels) != to) {  // a side of rounding
    picture.pixels = picture.pixels.embed(0, 0, to.width, to.height, VImage::option()->set("extend", VIPS_EXTEND_COPY));
  }
  return picture;
}

Picture put_under(const Picture& picture, const is::Color& background) {
  if (!picture.has_alpha) return picture;
  auto values = components_of(background, picture.type);
  auto color = picture.color();
  auto alpha = picture.alpha() / 255.0;
  auto result = color * alpha + (alpha * -1 + 1) * values;
  if (background.alpha >= 1) {
    Picture flat = picture;
    flat.has_alpha = false;
    flat.pixels = flat.with(result.rint()).pixels;
    return flat;
  }
  // Under a colour that is transparent itself: premultiplied sums, divided by what covers at all.
  auto cover = alpha + (alpha * -1 + 1) * background.alpha;
  auto sum = color * alpha + (alpha * -1 + 1) * background.alpha * values;
  Picture mixed = picture;
  mixed.pixels = (sum / cover)
                     .rint()
                     .bandjoin((cover * 255.0).rint())
                     .cast(VIPS_FORMAT_UCHAR)
                     .copy(VImage::option()->set("interpretation", color.interpretation()));
  return mixed;
}

}  // namespace dray::pipeline

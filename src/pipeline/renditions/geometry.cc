#include "pipeline/renditions/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dray::pipeline {
namespace {

constexpr double kLargestSide = 1'000'000;  // of anything in between
constexpr double kMostPixels = 268e6;
constexpr double kMostTilePixels = 16e6;  // MaxRenderRgnPixels: a tile is not bound by the size of replies

int to_pixels(double value) {
  return static_cast<int>(std::floor(std::clamp(value, -kLargestSide, kLargestSide) + 0.5));
}
int to_size(double value) { return std::max(1, to_pixels(value)); }

struct Factors {
  double x = 1, y = 1;
};

PixelSize scale(PixelSize size, Factors by) { return {to_size(size.width * by.x), to_size(size.height * by.y)}; }

// The factor that fits `size` into `box`, whose zeros are free.
double factor_into(PixelSize size, PixelSize box) {
  double factor = 1e9;
  if (box.width > 0) factor = std::min(factor, static_cast<double>(box.width) / size.width);
  if (box.height > 0) factor = std::min(factor, static_cast<double>(box.height) / size.height);
  return factor == 1e9 ? 1 : factor;
}

PixelBox crop_of(const is::Recipe& recipe, PixelSize source) {
  if (!recipe.crop) return {{}, source};
  const auto& crop = *recipe.crop;
  auto x = crop.is_fraction ? static_cast<double>(source.width) : 1.0;
  auto y = crop.is_fraction ? static_cast<double>(source.height) : 1.0;
  return {{to_pixels(crop.x * x), to_pixels(crop.y * y)}, {to_size(crop.width * x), to_size(crop.height * y)}};
}

PixelSize layer_of(const is::Recipe& recipe, PixelSize crop, const ImageSettings& settings) {
  if (const auto& limit = recipe.size_limit; limit && (limit->width > 0 || limit->height > 0)) {
    auto factor = std::min(1.0, factor_into(crop, {limit->width, limit->height}));
    return scale(crop, {factor, factor});
  }
  auto factor = 1.0;
  if (recipe.scale)
    factor = *recipe.scale;
  else if (recipe.resolution)
    factor = *recipe.resolution / settings.object_resolution;
  return scale(crop, {factor, factor});
}

PixelSize rotate(PixelSize size, double degrees) {
  if (degrees == 0 || degrees == 180) return size;
  if (degrees == 90 || degrees == 270) return {size.height, size.width};
  auto angle = degrees * std::numbers::pi / 180;
  auto sine = std::abs(std::sin(angle)), cosine = std::abs(std::cos(angle));
  return {to_size(size.width * cosine + size.height * sine), to_size(size.width * sine + size.height * cosine)};
}

Result<PixelBox> composite_of(const is::Recipe& recipe, PixelSize rotated) {
  if (!recipe.extend) return PixelBox{{}, rotated};
  const auto& extend = *recipe.extend;
  auto x = extend.is_fraction ? static_cast<double>(rotated.width) : 1.0;
  auto y = extend.is_fraction ? static_cast<double>(rotated.height) : 1.0;
  auto left = to_pixels(extend.left * x), right = to_pixels(extend.right * x);
  auto top = to_pixels(extend.top * y), bottom = to_pixels(extend.bottom * y);
  PixelBox box{{-left, -top}, {rotated.width + left + right, rotated.height + top + bottom}};
  if (box.size.width < 1 || box.size.height < 1)
    return Error{Code::invalid, "extend leaves nothing of the image: it trims more than there is"};
  return box;
}

// How a region becomes the view.
struct View {
  PixelSize scaled, canvas;
};

// What wid and hei ask for; 0 is free. dpr multiplies, and what would be too large then becomes smaller as a whole.
PixelSize wanted_size(const is::Recipe& recipe, const ImageSettings& settings) {
  PixelSize wanted{recipe.width.value_or(0), recipe.height.value_or(0)};
  if (!recipe.pixel_ratio) return wanted;
  auto multiplied = [&](int side) { return side ? to_size(side * *recipe.pixel_ratio) : 0; };
  wanted = {multiplied(wanted.width), multiplied(wanted.height)};
  auto factor = factor_into({std::max(1, wanted.width), std::max(1, wanted.height)}, settings.largest);
  if (factor >= 1) return wanted;
  return {wanted.width ? to_size(wanted.width * factor) : 0, wanted.height ? to_size(wanted.height * factor) : 0};
}

View fit_view(PixelSize region, PixelSize wanted, is::Fit fit) {
  using Mode = is::Fit::Mode;
  auto limited = [&](double factor) { return fit.enlarges ? factor : std::min(1.0, factor); };
  if (wanted.width == 0 || wanted.height == 0) {
    auto factor = limited(factor_into(region, wanted));
    auto size = scale(region, {factor, factor});
    if (factor != 1 && wanted.width) size.width = wanted.width;
    if (factor != 1 && wanted.height) size.height = wanted.height;
    return {size, size};
  }
  auto x = limited(static_cast<double>(wanted.width) / region.width);
  auto y = limited(static_cast<double>(wanted.height) / region.height);
  auto smaller = std::min(x, y), larger = std::max(x, y);
  switch (fit.mode) {
    case Mode::fit:
      return {scale(region, {smaller, smaller}), wanted};
    case Mode::constrain: {
      auto size = scale(region, {smaller, smaller});
      return {size, size};
    }
    case Mode::crop:
      return {scale(region, {larger, larger}), wanted};
    case Mode::wrap: {
      auto size = scale(region, {larger, larger});
      return {size, size};
    }
    case Mode::stretch:
      return {scale(region, {x, y}), wanted};
    case Mode::hfit:
      return {scale(region, {x, x}), wanted};
    case Mode::vfit:
      return {scale(region, {y, y}), wanted};
  }
  return {region, region};
}

View thumbnail_view(PixelSize region, PixelSize wanted, const ImageSettings& settings) {
  if (wanted.width == 0) wanted.width = settings.default_thumbnail.width;
  if (wanted.height == 0) wanted.height = settings.default_thumbnail.height;
  auto mode = settings.thumbnail == ThumbnailType::crop ? is::Fit::Mode::crop : is::Fit::Mode::fit;
  return fit_view(region, wanted, {mode, true});
}

View view_of(const is::Recipe& recipe, PixelSize region, const ImageSettings& settings, ViewKind kind) {
  auto wanted = wanted_size(recipe, settings);
  if (kind == ViewKind::thumbnail) return thumbnail_view(region, wanted, settings);
  if (recipe.reduction) {
    auto size = scale(region, {1 / *recipe.reduction, 1 / *recipe.reduction});
    return {size, {wanted.width ? wanted.width : size.width, wanted.height ? wanted.height : size.height}};
  }
  if (wanted != PixelSize()) return fit_view(region, wanted, recipe.fit.value_or(is::Fit()));
  auto factor = std::min(1.0, factor_into(region, settings.default_size));
  auto size = scale(region, {factor, factor});
  return {size, size};
}

PixelBox place(const View& view, is::Align align) {
  auto offset = [](int image, int canvas, double where) { return -to_pixels((canvas - image) * (1 + where) / 2); };
  return {{offset(view.scaled.width, view.canvas.width, align.horizontal),
           offset(view.scaled.height, view.canvas.height, align.vertical)},
          view.canvas};
}

// Whatever comes in between has to be worked through, if not held.
bool is_too_much(PixelSize size) { return static_cast<double>(size.width) * size.height > kMostPixels; }

bool exceeds(PixelSize size, PixelSize limit) {
  return (limit.width > 0 && size.width > limit.width) || (limit.height > 0 && size.height > limit.height);
}

void scale_view(Geometry& geometry, double factor) {
  Factors by{factor, factor};
  geometry.scaled = scale(geometry.scaled, by);
  geometry.canvas.size = scale(geometry.canvas.size, by);
  geometry.canvas.at = {to_pixels(geometry.canvas.at.x * factor), to_pixels(geometry.canvas.at.y * factor)};
}

PixelBox box_of(const is::Box& box) { return {{box.x, box.y}, {box.width, box.height}}; }

}  // namespace

Result<Geometry> make_geometry(const is::Recipe& recipe, PixelSize source, const ImageSettings& settings,
                               ViewKind kind) {
  Geometry geometry;
  geometry.crop = crop_of(recipe, source);
  geometry.layer = layer_of(recipe, geometry.crop.size, settings);
  geometry.rotation = recipe.rotation;
  geometry.rotated = rotate(geometry.layer, recipe.rotation);
  ASSIGN_OR_RETURN(geometry.composite, composite_of(recipe, geometry.rotated));
  geometry.flip = recipe.flip.value_or(is::Flip());
  geometry.region = recipe.region ? box_of(*recipe.region) : PixelBox{{}, geometry.composite.size};
  auto view = view_of(recipe, geometry.region.size, settings, kind);
  geometry.scaled = view.scaled;
  geometry.canvas = place(view, recipe.align.value_or(is::Align()));
  if (exceeds(geometry.canvas.size, settings.largest)) {
    return Error{
        Code::invalid,
        fmt::format("the image would have {} x {} pixels, and {} x {} are allowed; ask for less with wid, hei or scl",
                    geometry.canvas.size.width, geometry.canvas.size.height, settings.largest.width,
                    settings.largest.height)};
  }
  geometry.tile = {{}, geometry.canvas.size};
  if (recipe.tile) {
    if (recipe.tile->scale != 1) scale_view(geometry, recipe.tile->scale);
    geometry.tile = box_of(recipe.tile->box);
    auto pixels = static_cast<double>(geometry.tile.size.width) * geometry.tile.size.height;
    if (settings.largest.width > 0 && pixels > kMostTilePixels)
      return Error{Code::invalid, fmt::format("a tile may have {:.0f} million pixels", kMostTilePixels / 1e6)};
  }
  for (auto size : {geometry.crop.size, geometry.layer, geometry.rotated, geometry.composite.size, geometry.region.size,
                    geometry.scaled, geometry.canvas.size, geometry.tile.size}) {
    if (is_too_much(size)) {
      return Error{Code::invalid, fmt::format("on the way the image would have {} x {} pixels, which is too much",
                                              size.width, size.height)};
    }
  }
  return geometry;
}

double reduction_of(const Geometry& geometry) {
  auto of_layer = std::max(static_cast<double>(geometry.layer.width) / geometry.crop.size.width,
                           static_cast<double>(geometry.layer.height) / geometry.crop.size.height);
  auto of_view = std::max(static_cast<double>(geometry.scaled.width) / geometry.region.size.width,
                          static_cast<double>(geometry.scaled.height) / geometry.region.size.height);
  return 1 / std::max(of_layer * of_view, 1e-9);
}

}  // namespace dray::pipeline

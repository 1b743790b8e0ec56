#include "pipeline/renditions/operations.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace dray::pipeline {
namespace {

using is::PixelType;
using vips::VImage;

using Curve = std::array<double, 256>;
using Pixel = std::array<double, 3>;  // red, green, blue, 0 to 1

double clamp(double value) { return std::clamp(value, 0.0, 1.0); }

// One curve for each component, or one for all of them.
Picture map(const Picture& picture, const std::vector<Curve>& curves) {
  auto size = 256 * curves.size();
  auto* table = static_cast<unsigned char*>(g_malloc(size));
  for (std::size_t value = 0; value < 256; ++value) {
    for (std::size_t band = 0; band < curves.size(); ++band)
      table[value * curves.size() + band] = static_cast<unsigned char>(std::lround(clamp(curves[band][value]) * 255));
  }
  auto lookup = VImage::new_from_memory_steal(table, size, 256, 1, static_cast<int>(curves.size()), VIPS_FORMAT_UCHAR);
  return picture.with(picture.color().maplut(lookup));
}

Curve identity() {
  Curve curve;
  for (std::size_t i = 0; i < curve.size(); ++i) curve[i] = static_cast<double>(i) / 255;
  return curve;
}

double contrast_of(double value, double percent) {
  auto a = percent / 100;
  if (a >= 1) return value < 0.5 ? 0 : 1;
  return (value - 0.5) * (a <= 0 ? 1 + a : 1 / (1 - a)) + 0.5;
}

// Color balance, brightness and contrast are curves of each component for itself.
std::vector<Curve> tone_curves(const is::Recipe& recipe, PixelType type) {
  std::vector<Curve> curves(type == PixelType::gray ? 1 : 3, identity());
  for (std::size_t band = 0; band < curves.size(); ++band) {
    for (auto& value : curves[band]) {
      if (recipe.color_balance) value = clamp(value + (*recipe.color_balance)[band] / 200);
      value = clamp(value + recipe.brightness / 200);
      value = clamp(contrast_of(value, recipe.contrast));
    }
  }
  return curves;
}

double luminance(const Pixel& pixel) { return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]; }

// HSL and back, all 0 to 1.
Pixel rotate_hue(const Pixel& pixel, double turn) {
  auto most = std::max({pixel[0], pixel[1], pixel[2]}), least = std::min({pixel[0], pixel[1], pixel[2]});
  auto range = most - least;
  if (range <= 0) return pixel;
  double hue = 0;
  if (most == pixel[0])
    hue = (pixel[1] - pixel[2]) / range;
  else if (most == pixel[1])
    hue = (pixel[2] - pixel[0]) / range + 2;
  else
    hue = (pixel[0] - pixel[1]) / range + 4;
  hue = hue / 6 + turn;
  hue -= std::floor(hue);
  Pixel turned;
  for (std::size_t band = 0; band < 3; ++band) {
    auto h = hue + (band == 0 ? 1.0 / 3 : band == 2 ? -1.0 / 3 : 0);
    h -= std::floor(h);
    double share = h < 1.0 / 6 ? 6 * h : h < 0.5 ? 1 : h < 2.0 / 3 ? (2.0 / 3 - h) * 6 : 0;
    turned[band] = least + range * share;
  }
  return turned;
}

// Black, the colour at one half, white.
Pixel colorize(double light, const Pixel& color) {
  Pixel result;
  for (std::size_t band = 0; band < 3; ++band)
    result[band] = light < 0.5 ? color[band] * light * 2 : color[band] + (1 - color[band]) * (light - 0.5) * 2;
  return result;
}

// Each pixel for itself, where curves do not do.
template <typename Change>
Picture map_pixels(const Picture& picture, Change change) {
  auto color = picture.color();
  auto width = color.width(), height = color.height(), bands = color.bands();
  std::size_t size = 0;
  auto* bytes = static_cast<unsigned char*>(color.write_to_memory(&size));
  for (std::size_t at = 0; at + static_cast<std::size_t>(bands) <= size; at += static_cast<std::size_t>(bands))
    change(bytes + at);
  return picture.with(VImage::new_from_memory_steal(bytes, size, width, height, bands, VIPS_FORMAT_UCHAR));
}

Pixel pixel_at(const unsigned char* at) { return {at[0] / 255.0, at[1] / 255.0, at[2] / 255.0}; }
void put_pixel(const Pixel& pixel, unsigned char* at) {
  for (std::size_t band = 0; band < 3; ++band)
    at[band] = static_cast<unsigned char>(std::lround(clamp(pixel[band]) * 255));
}

Picture change_hue_and_saturation(const Picture& picture, const is::Recipe& recipe) {
  if (picture.type == PixelType::gray) return picture;
  auto turn = recipe.hue / 360, factor = 1 + recipe.saturation / 100;
  return map_pixels(picture, [=](unsigned char* at) {
    auto pixel = rotate_hue(pixel_at(at), turn);
    auto light = luminance(pixel);
    for (auto& value : pixel) value = light + (value - light) * factor;
    put_pixel(pixel, at);
  });
}

// The luminance that half of the pixels are below.
double median_luminance(const Picture& picture) {
  auto gray = convert_naively(picture, PixelType::gray).color();
  auto histogram = gray.hist_find();
  std::size_t size = 0;
  std::unique_ptr<unsigned int, decltype(&g_free)> counts(static_cast<unsigned int*>(histogram.write_to_memory(&size)),
                                                          &g_free);
  double total = 0, sum = 0;
  for (std::size_t i = 0; i < 256; ++i) total += counts.get()[i];
  for (std::size_t i = 0; i < 256; ++i) {
    sum += counts.get()[i];
    if (sum * 2 >= total) return static_cast<double>(i) / 255;
  }
  return 0.5;
}

Picture colorize(const Picture& picture, const is::Colorize& how) {
  auto values = components_of(how.color, PixelType::rgb);
  Pixel color{values[0] / 255, values[1] / 255, values[2] / 255};
  auto rgb = convert_naively(picture, PixelType::rgb);
  if (!picture.has_alpha && rgb.pixels.get_image() == picture.pixels.get_image()) rgb.pixels = rgb.pixels.copy_memory();
  double exponent = 1;
  if (how.normalize) {
    auto median = std::clamp(median_luminance(rgb), 0.02, 0.98);
    exponent = std::log(0.5) / std::log(median);
  }
  auto range = how.contrast_range > 0 ? how.contrast_range / 100 : 1;
  return map_pixels(rgb, [=](unsigned char* at) {
    auto light = std::pow(luminance(pixel_at(at)), exponent);
    put_pixel(colorize(0.5 + (light - 0.5) * range, color), at);
  });
}

// The lightest pixel within `pixels` to each side, or the darkest for a negative number. Windows of 1, 2, 4, ... pixels
// are made of each other: a wide one costs a few passes, not as many comparisons as it has pixels.
VImage extreme(const VImage& image, int pixels) {
  auto radius = std::abs(pixels), side = 2 * radius + 1;
  auto widened = image.embed(radius, radius, image.width() + 2 * radius, image.height() + 2 * radius,
                             VImage::option()->set("extend", VIPS_EXTEND_COPY));
  for (bool across : {true, false}) {
    for (int covered = 1, step = 1; covered < side; covered += step) {
      step = std::min(covered, side - covered);
      auto width = widened.width() - (across ? step : 0), height = widened.height() - (across ? 0 : step);
      auto one = widened.extract_area(0, 0, width, height);
      auto other = widened.extract_area(across ? step : 0, across ? 0 : step, width, height);
      widened = VImage::bandrank({one, other}, VImage::option()->set("index", pixels > 0 ? 1 : 0)).copy_memory();
    }
  }
  return widened;
}

Picture grow(const Picture& picture, int pixels) {
  return pixels == 0 ? picture : picture.with(extreme(picture.color(), pixels));
}

Picture grow_mask(Picture picture, int pixels) {
  if (pixels == 0 || !picture.has_alpha) return picture;
  auto alpha = extreme(picture.alpha(), pixels);
  auto color = picture.color();
  picture.pixels = color.bandjoin(alpha).copy(VImage::option()->set("interpretation", color.interpretation()));
  return picture;
}

double sigma_of(double radius) { return radius / 2 + 0.5; }

// The wider it is, the fewer pixels it needs: a wide one is made of a smaller picture. What shrinking and enlarging
// blur by themselves, a quarter of a small pixel squared, is taken off. Any number of bands, any format.
VImage gaussian(const VImage& image, double sigma) {
  constexpr double kWide = 8, kLeft = 4;
  if (sigma <= kWide) return image.gaussblur(sigma, VImage::option()->set("precision", VIPS_PRECISION_INTEGER));
  auto factor = std::floor(sigma / kLeft);
  PixelSize small{std::max(1, static_cast<int>(std::lround(image.width() / factor))),
                  std::max(1, static_cast<int>(std::lround(image.height() / factor)))};
  auto scaled = [](const VImage& from, PixelSize to) {
    return from.resize(static_cast<double>(to.width) / from.width(),
                       VImage::option()
                           ->set("vscale", static_cast<double>(to.height) / from.height())
                           ->set("kernel", VIPS_KERNEL_LINEAR));
  };
  auto rest = std::sqrt(sigma / factor * sigma / factor - 0.25);
  auto blurred = scaled(image, small).gaussblur(rest).copy_memory();
  auto whole = scaled(blurred, {image.width(), image.height()});
  return whole.embed(0, 0, image.width(), image.height(), VImage::option()->set("extend", VIPS_EXTEND_COPY));
}

// Of colour and mask alike: what is transparent gives no colour to its surroundings.
Picture blur(Picture picture, double radius) {
  if (radius <= 0) return picture;
  auto interpretation = picture.pixels.interpretation();
  if (!picture.has_alpha) {
    picture.pixels = gaussian(picture.pixels, sigma_of(radius));
  } else {
    picture.pixels = gaussian(picture.pixels.premultiply(), sigma_of(radius)).unpremultiply().rint();
  }
  picture.pixels = picture.pixels.cast(VIPS_FORMAT_UCHAR).copy(VImage::option()->set("interpretation", interpretation));
  constexpr double kHeld = 32e6;  // pixels: what follows asks for many of them again and again
  if (static_cast<double>(picture.pixels.width()) * picture.pixels.height() < kHeld)
    picture.pixels = picture.pixels.copy_memory();
  return picture;
}

// The same noise every time: a rendition is a function of its source and recipe.
Picture add_noise(const Picture& picture, const is::Noise& noise) {
  std::minstd_rand generator(1);
  std::uniform_real_distribution<double> uniform(-noise.amount / 200, noise.amount / 200);
  std::normal_distribution<double> gaussian(0, noise.amount / 400);
  auto next = [&] { return (noise.gaussian ? gaussian(generator) : uniform(generator)) * 255; };
  auto bands = static_cast<std::size_t>(component_count(picture.type));
  return map_pixels(picture, [&](unsigned char* at) {
    auto offset = next();
    for (std::size_t band = 0; band < bands; ++band) {
      if (band > 0 && !noise.gray) offset = next();
      at[band] = static_cast<unsigned char>(std::lround(std::clamp(at[band] + offset, 0.0, 255.0)));
    }
  });
}

Picture fade(Picture picture, const is::Opacity& opacity) {
  auto factor = opacity.opacity / 100 * opacity.fill / 100;
  if (factor >= 1) return picture;
  picture = picture.with_alpha();
  auto color = picture.color();
  auto alpha = picture.alpha().linear({factor}, {0}).rint().cast(VIPS_FORMAT_UCHAR);
  picture.pixels = color.bandjoin(alpha).copy(VImage::option()->set("interpretation", color.interpretation()));
  return picture;
}

// in + amount (in - blurred), where that differs by more than the threshold.
Picture mask_unsharply(const Picture& picture, double amount, double sigma, double threshold, bool brightness_only) {
  auto color = picture.color();
  auto base = color;
  if (brightness_only && picture.type != PixelType::gray) base = convert_naively(picture, PixelType::gray).color();
  auto difference = base - gaussian(base, sigma);
  if (threshold > 0) difference = (difference.abs() > threshold).ifthenelse(difference, 0);
  return picture.with((color + difference * amount).rint());
}

}  // namespace

Picture apply_operations(Picture picture, const is::Recipe& recipe, double scale) {
  bool has_tones = recipe.color_balance || recipe.brightness != 0 || recipe.contrast != 0;
  bool has_colors = recipe.hue != 0 || recipe.saturation != 0;
  if (picture.type == PixelType::cmyk && (has_tones || has_colors)) picture = convert_naively(picture, PixelType::rgb);
  if (recipe.color_balance && picture.type == PixelType::gray) picture = convert_naively(picture, PixelType::rgb);
  if (has_tones) picture = map(picture, tone_curves(recipe, picture.type));
  if (has_colors) picture = change_hue_and_saturation(picture, recipe);
  if (recipe.colorize) picture = colorize(picture, *recipe.colorize);
  if (recipe.invert) picture = picture.with(picture.color().invert());
  picture = grow(picture, static_cast<int>(std::lround(recipe.grow * scale)));
  if (recipe.grow_mask) {
    auto factor = recipe.grow_mask->scales ? scale : 1;
    picture = grow_mask(picture, static_cast<int>(std::lround(recipe.grow_mask->pixels * factor)));
  }
  picture = blur(picture, recipe.blur * scale);
  if (recipe.noise) picture = add_noise(picture, *recipe.noise);
  if (recipe.opacity) picture = fade(picture, *recipe.opacity);
  return picture;
}

Picture sharpen(Picture picture, const is::Recipe& recipe, double scale) {
  if (recipe.sharpen) picture = mask_unsharply(picture, 0.8, 0.8, 0, false);
  if (const auto& mask = recipe.unsharp_mask; mask && mask->amount > 0) {
    auto radius = mask->radius * (mask->scales ? std::min(1.0, scale) : 1);
    picture = mask_unsharply(picture, mask->amount, sigma_of(radius), mask->threshold, mask->brightness_only);
  }
  return picture;
}

Picture sharpen_lightly(Picture picture) { return mask_unsharply(picture, 0.4, 0.6, 0, false); }

}  // namespace dray::pipeline

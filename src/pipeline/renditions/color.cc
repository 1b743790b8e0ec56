#include "pipeline/renditions/color.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/file.h"
#include "pipeline/renditions/profiles.h"

namespace dray::pipeline {
namespace {

using is::PixelType;
using vips::VImage;

constexpr double kRedWeight = 0.299, kGreenWeight = 0.587, kBlueWeight = 0.114;

VipsInterpretation interpretation_of(PixelType type) {
  switch (type) {
    case PixelType::gray:
      return VIPS_INTERPRETATION_B_W;
    case PixelType::rgb:
      return VIPS_INTERPRETATION_sRGB;
    case PixelType::cmyk:
      return VIPS_INTERPRETATION_CMYK;
  }
  return VIPS_INTERPRETATION_sRGB;
}

VImage as(VImage image, PixelType type) {
  return image.cast(VIPS_FORMAT_UCHAR).copy(VImage::option()->set("interpretation", interpretation_of(type)));
}

VImage gray_of_rgb(VImage rgb) {
  auto weights = VImage::new_matrixv(3, 1, kRedWeight, kGreenWeight, kBlueWeight);
  return as(rgb.recomb(weights).rint(), PixelType::gray);
}

VImage rgb_of_gray(VImage gray) { return as(VImage::bandjoin(std::vector<VImage>{gray, gray, gray}), PixelType::rgb); }

// 255 (1 - c)(1 - k)
VImage rgb_of_cmyk(VImage cmyk) {
  auto light = cmyk.linear({-1}, {255});
  auto color = light.extract_band(0, VImage::option()->set("n", 3)), black = light.extract_band(3);
  return as((color * black / 255.0).rint(), PixelType::rgb);
}

VImage cmyk_of_rgb(VImage rgb) {
  auto most = VImage::bandrank(std::vector<VImage>{rgb[0], rgb[1], rgb[2]}, VImage::option()->set("index", 2));
  auto inks = (most - rgb) * 255.0 / most;  // 0 where there is no light: libvips divides by zero that way
  auto black = most.linear({-1}, {255});
  return as(inks.rint().bandjoin(black), PixelType::cmyk);
}

VImage cmyk_of_gray(VImage gray) {
  auto none = gray.linear({0}, {0});
  return as(VImage::bandjoin(std::vector<VImage>{none, none, none, gray.linear({-1}, {255})}), PixelType::cmyk);
}

VImage convert_components(VImage color, PixelType from, PixelType to) {
  if (from == to) return color;
  if (to == PixelType::rgb) return from == PixelType::gray ? rgb_of_gray(color) : rgb_of_cmyk(color);
  if (to == PixelType::gray) return gray_of_rgb(from == PixelType::rgb ? color : rgb_of_cmyk(color));
  return from == PixelType::rgb ? cmyk_of_rgb(color) : cmyk_of_gray(color);
}

const std::string& source_profile_of(PixelType type, const ImageSettings& settings) {
  switch (type) {
    case PixelType::gray:
      return settings.source_gray_profile;
    case PixelType::rgb:
      return settings.source_rgb_profile;
    case PixelType::cmyk:
      return settings.source_cmyk_profile;
  }
  return settings.source_rgb_profile;
}

const std::string& working_profile_of(PixelType type, const ImageSettings& settings) {
  switch (type) {
    case PixelType::gray:
      return settings.gray_profile;
    case PixelType::rgb:
      return settings.rgb_profile;
    case PixelType::cmyk:
      return settings.cmyk_profile;
  }
  return settings.rgb_profile;
}

VipsIntent intent_of(is::Intent intent) {
  switch (intent) {
    case is::Intent::perceptual:
      return VIPS_INTENT_PERCEPTUAL;
    case is::Intent::relative:
      return VIPS_INTENT_RELATIVE;
    case is::Intent::saturation:
      return VIPS_INTENT_SATURATION;
    case is::Intent::absolute:
      return VIPS_INTENT_ABSOLUTE;
  }
  return VIPS_INTENT_RELATIVE;
}

// Gives the components a profile where they have none: the one that the server takes such sources for.
Picture with_profile(Picture picture, const ImageSettings& settings) {
  if (!picture.profile.empty()) return picture;
  auto path = find_profile(source_profile_of(picture.type, settings), settings);
  if (!path && picture.type != PixelType::rgb) {
    picture = convert_naively(picture, PixelType::rgb);
    path = find_profile(source_profile_of(PixelType::rgb, settings), settings);
  }
  if (!path) path = find_profile("sRGB", settings);
  if (!path) throw vips::VError("there is no sRGB profile");
  auto bytes = read_profile(*path);
  if (!bytes) throw vips::VError(bytes.error().message);
  picture.profile = *std::move(bytes);
  return picture;
}

}  // namespace

int component_count(PixelType type) { return type == PixelType::gray ? 1 : type == PixelType::rgb ? 3 : 4; }

Picture Picture::of(VImage loaded) {
  Picture picture;
  picture.has_alpha = vips_image_hasalpha(loaded.get_image()) != 0;
  auto components = loaded.bands() - (picture.has_alpha ? 1 : 0);
  picture.type = components == 1 ? PixelType::gray : components == 4 ? PixelType::cmyk : PixelType::rgb;
  if (loaded.get_typeof(VIPS_META_ICC_NAME) != 0) {
    std::size_t size = 0;
    const auto* bytes = static_cast<const char*>(loaded.get_blob(VIPS_META_ICC_NAME, &size));
    picture.profile.assign(bytes, size);
  }
  picture.pixels = loaded;
  return picture;
}

VImage Picture::color() const {
  if (!has_alpha) return pixels;
  return pixels.extract_band(0, VImage::option()->set("n", component_count(type)));
}

VImage Picture::alpha() const { return pixels.extract_band(component_count(type)); }

Picture Picture::with(VImage color) const {
  auto changed = *this;
  changed.pixels = as(has_alpha ? color.bandjoin(alpha()) : color, type);
  return changed;
}

Picture Picture::with_alpha() const {
  if (has_alpha) return *this;
  auto changed = *this;
  changed.pixels = as(pixels.bandjoin(255), type);
  changed.has_alpha = true;
  return changed;
}

VImage with_embedded(VImage image, std::string_view profile) {
  image = image.copy();
  auto* bytes = g_malloc(profile.size());
  std::copy(profile.begin(), profile.end(), static_cast<char*>(bytes));
  image.set(VIPS_META_ICC_NAME, reinterpret_cast<VipsCallbackFn>(vips_area_free_cb), bytes, profile.size());
  return image;
}

Picture convert_naively(const Picture& picture, PixelType to) {
  if (picture.type == to) return picture;
  Picture changed;
  changed.type = to;
  changed.has_alpha = picture.has_alpha;
  auto color = convert_components(picture.color(), picture.type, to);
  changed.pixels = picture.has_alpha ? as(color.bandjoin(picture.alpha()), to) : color;
  return changed;
}

Result<OutputColor> output_color_of(const is::Recipe& recipe, const is::Output& output, const ImageSettings& settings) {
  OutputColor color{output.pixel_type.value_or(PixelType::rgb), "", settings.intent, settings.black_point_compensation};
  auto name = working_profile_of(color.type, settings);
  if (recipe.profile) {
    name = recipe.profile->name;
    color.intent = recipe.profile->intent.value_or(color.intent);
    color.black_point_compensation = recipe.profile->black_point_compensation.value_or(color.black_point_compensation);
  }
  if (name.empty()) return color;
  auto path = find_profile(name, settings);
  if (!path) {
    return Error{Code::invalid, fmt::format("there is no profile \"{}\" here; there are {}", name,
                                            fmt::join(profile_names(settings), ", "))};
  }
  ASSIGN_OR_RETURN(auto bytes, read_profile(*path));
  ASSIGN_OR_RETURN(auto type, type_of_profile(bytes));
  if (!recipe.profile && type != color.type)
    return Error{Code::unavailable, fmt::format("the profile \"{}\" is of another kind than it is set for", name)};
  if (!is::can_hold(output.format, type)) {
    return Error{Code::invalid,
                 fmt::format("{} cannot hold the pixels of the profile \"{}\"", is::name_of(output.format), name)};
  }
  color.type = type;
  color.profile = *path;
  return color;
}

Picture convert(const Picture& picture, const OutputColor& to, const ImageSettings& settings) {
  if (to.profile.empty()) {
    if (picture.type == to.type) return picture;
    return convert_naively(picture, to.type);
  }
  auto wanted = read_profile(to.profile);
  if (!wanted) throw vips::VError(wanted.error().message);
  auto from = with_profile(picture, settings);
  if (from.profile == *wanted) return from;
  auto* options = VImage::option()
                      ->set("embedded", true)
                      ->set("intent", intent_of(to.intent))
                      ->set("black_point_compensation", to.black_point_compensation)
                      ->set("depth", 8);
  // Instead of an embedded profile that is damaged.
  if (auto usual = find_profile(source_profile_of(from.type, settings), settings))
    options->set("input_profile", usual->c_str());
  auto converted = with_embedded(from.color(), from.profile).icc_transform(to.profile.c_str(), options);
  Picture changed;
  changed.type = to.type;
  changed.has_alpha = picture.has_alpha;
  changed.profile = *std::move(wanted);
  changed.pixels = picture.has_alpha ? as(converted.bandjoin(from.alpha()), to.type) : as(converted, to.type);
  return changed;
}

std::vector<double> components_of(const is::Color& color, PixelType type) {
  const auto& c = color.components;
  double red = c[0], green = c[1], blue = c[2];
  if (color.kind == is::Color::Kind::gray) red = green = blue = c[0];
  if (color.kind == is::Color::Kind::cmyk) {
    red = (1 - c[0]) * (1 - c[3]);
    green = (1 - c[1]) * (1 - c[3]);
    blue = (1 - c[2]) * (1 - c[3]);
  }
  std::vector<double> values;
  if (type == PixelType::gray) {
    values = {color.kind == is::Color::Kind::gray ? c[0]
                                                  : kRedWeight * red + kGreenWeight * green + kBlueWeight * blue};
  } else if (type == PixelType::rgb) {
    values = {red, green, blue};
  } else if (color.kind == is::Color::Kind::cmyk) {
    values = {c[0], c[1], c[2], c[3]};
  } else {
    auto most = std::max({red, green, blue});
    auto ink = [&](double light) { return most > 0 ? (most - light) / most : 0; };
    values = {ink(red), ink(green), ink(blue), 1 - most};
  }
  for (auto& value : values) value = std::round(value * 255);
  return values;
}

}  // namespace dray::pipeline

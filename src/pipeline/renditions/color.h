// Colours of pictures: what a picture is in, and how it gets into something else.
#pragma once

#include <optional>
#include <string>
#include <vector>
#include <vips/vips8>

#include "base/result.h"
#include "lang/is/color.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/settings.h"

namespace dray::pipeline {

int component_count(is::PixelType type);  // 1, 3 or 4

// A picture on its way through the steps of a rendition: 8 bits, the components of its type, then alpha where it has
// one.
struct Picture {
  vips::VImage pixels;
  is::PixelType type = is::PixelType::rgb;
  bool has_alpha = false;
  std::string profile;  // ICC, that the components are in; empty: nobody said

  static Picture of(vips::VImage loaded);  // as Source::load() gives it
  vips::VImage color() const;
  vips::VImage alpha() const;              // only where it has one
  Picture with(vips::VImage color) const;  // the same alpha behind other components
  Picture with_alpha() const;              // opaque where it has none
};

// What a reply is to be in.
struct OutputColor {
  is::PixelType type = is::PixelType::rgb;
  std::string profile;  // a file's path; empty: whatever the source's is, or none
  is::Intent intent = is::Intent::relative;
  bool black_point_compensation = true;
};

// From `icc`, else the pixel type of `fmt` and the server's profile for it. Code::invalid: there is no such profile, or
// the format cannot hold its kind.
Result<OutputColor> output_color_of(const is::Recipe& recipe, const is::Output& output, const ImageSettings& settings);

// Throws vips::VError.
Picture convert(const Picture& picture, const OutputColor& to, const ImageSettings& settings);
// By plain arithmetic, without profiles.
Picture convert_naively(const Picture& picture, is::PixelType to);
vips::VImage with_embedded(vips::VImage image, std::string_view profile);  // ICC
// The components of `color`, 0 to 255, for a picture of that type.
std::vector<double> components_of(const is::Color& color, is::PixelType type);

}  // namespace dray::pipeline

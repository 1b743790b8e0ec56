// What the server decides where a request says nothing. The words are those of Adobe's Image Serving.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "lang/is/color.h"
#include "lang/is/recipe.h"

namespace dray::pipeline {

struct PixelSize {
  int width = 0, height = 0;
  bool operator==(const PixelSize&) const = default;
};

enum class ThumbnailType { crop, fit };

// Of AEM, whose static renditions are made: as a Cloud Service, or 6.5. Their names and rounding differ.
enum class Generation { cloud, classic };

struct ImageSettings {
  PixelSize largest{3000, 3000};          // MaxPix: of a reply; 0 is any
  PixelSize default_size{1280, 1280};     // DefaultPix: where a request has no size; 0 is any
  PixelSize default_thumbnail{100, 100};  // DefaultThumbPix
  ThumbnailType thumbnail = ThumbnailType::fit;
  is::Color background{is::Color::Kind::rgb, {1, 1, 1, 0}, 1, false};  // BkgColor
  is::Quality quality{80, false};                                      // JpegQuality
  is::Resampling resampling = is::Resampling::sharp2;                  // ResMode
  std::optional<double> print_resolution;  // PrintResolution, dots per inch; else the source's own
  double object_resolution = 72;           // dots per inch: what `res` is compared with
  is::Intent intent = is::Intent::relative;
  bool black_point_compensation = true, dither = false;
  bool embeds_profile = false;  // where a request has no iccEmbed
  bool orients = true;          // by the EXIF orientation
  Generation static_renditions = Generation::cloud;
  // Names of profiles (ProfileFiles): what replies are converted to, and what sources without a profile are taken for.
  // Empty: none.
  std::string rgb_profile, gray_profile, cmyk_profile;
  std::string source_rgb_profile = "sRGB", source_gray_profile = "sGray", source_cmyk_profile;
  std::map<std::string, std::string, std::less<>> profile_files;  // by name: a path, or a folder's file

  bool operator==(const ImageSettings&) const = default;
};

json::object to_json(const ImageSettings& settings);
// What is missing stays as `base` has it. Code::invalid names what is wrong or not known.
Result<ImageSettings> image_settings_from_json(const json::value& value, ImageSettings base = {});

}  // namespace dray::pipeline

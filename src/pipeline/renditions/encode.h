// Pictures as files.
#pragma once

#include <string>

#include "base/result.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/color.h"
#include "pipeline/renditions/settings.h"

namespace dray::pipeline {

struct Encoding {
  is::Output output;
  is::Quality quality;
  is::Quantize quantize;
  int largest_jpeg = 0;    // KB of 1024 bytes; 0: any
  int scans = 0;           // of a progressive JPEG; 0: as compresses best
  double resolution = 72;  // dots per inch
  bool embeds_profile = false;
  std::string xmp;        // is put into JPEG and TIFF; empty: none
  std::string resources;  // Photoshop's, into JPEG, TIFF and EPS
};

bool can_hold_profile(is::Output::Format format);
bool can_hold_xmp(is::Output::Format format);
bool can_hold_paths(is::Output::Format format);
std::string_view mime_type_of(is::Output::Format format);
// As entries of archives end: "jpg", "png", "tif", ...
std::string_view extension_of(is::Output::Format format);

// The picture has alpha only where `output` has. Code::invalid: a JPEG that cannot be made as small as is asked for.
// Throws vips::VError, std::runtime_error.
Result<std::string> encode(const Picture& picture, const Encoding& encoding);

}  // namespace dray::pipeline

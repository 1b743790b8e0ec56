// JPEG files, with libjpeg.
#pragma once

#include <string>

#include "base/result.h"
#include "pipeline/renditions/color.h"

namespace dray::pipeline {

struct JpegOptions {
  int quality = 80;          // 1 to 100; colours get finer steps than light, else flat ones change next to edges
  bool full_chroma = false;  // 4:4:4, else 4:2:0; of RGB only
  bool progressive = false;
  int scans = 0;           // of a progressive one: 4 or 5; 0 is as many as compress best
  bool is_small = false;   // looks for the best codes, which takes a fifth longer
  double resolution = 72;  // dots per inch
  std::string profile;     // ICC; empty: none
  std::string xmp;         // at most 65,502 bytes; empty: none
  std::string resources;   // Photoshop's; empty: none
};

// The picture has no alpha. CMYK is written upside down, as Adobe's programs do, and says so. Throws vips::VError.
std::string format_jpeg(const Picture& picture, const JpegOptions& options);

}  // namespace dray::pipeline

// Photoshop's paths, which lie beside the pixels as image resources ("8BIM") 2000 to 2997, and 2999 that names the one
// for clipping. Their points are fractions of the image's sides, so they are moved when the image is.
// Source: Adobe Photoshop File Formats Specification, "Path resource format".
#pragma once

#include <string>
#include <string_view>

#include "pipeline/renditions/geometry.h"

namespace dray::pipeline {

// What a JPEG's segment of such resources begins with.
inline constexpr std::string_view kPhotoshopSegment{"Photoshop 3.0\0", 14};
std::string_view image_resources_of_psd(std::string_view file);  // empty where there are none

// Where a point of the source lies in the reply, both as fractions of width and height.
struct Mapping {
  double x_of_x = 1, x_of_y = 0, x = 0;
  double y_of_x = 0, y_of_y = 1, y = 0;

  Mapping then(const Mapping& next) const;
};

// `seen` is the size of the source that the geometry was made for.
Mapping mapping_of(const Geometry& geometry, PixelSize seen);
Mapping mapping_of(const PixelBox& part, PixelSize whole);  // from the whole to a part of it
// From the image as it is stored to what an EXIF orientation (1 to 8) makes of it.
Mapping mapping_of_orientation(int orientation);

// The resources with the closed paths of `resources`, moved; empty where there is none. What breaks the format ends the
// list.
std::string carry_paths(std::string_view resources, const Mapping& mapping);

}  // namespace dray::pipeline

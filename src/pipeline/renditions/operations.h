// What Image Serving's op_* commands and opac do to a picture.
#pragma once

#include "lang/is/recipe.h"
#include "pipeline/renditions/color.h"

namespace dray::pipeline {

// colorbalance → brightness → contrast → hue → saturation → colorize → invert → grow → blur → noise → opac. `scale`:
// how many pixels of the picture a pixel of the composite has become; radii follow it. Throws vips::VError.
Picture apply_operations(Picture picture, const is::Recipe& recipe, double scale);

// sharpen → usm, behind the last scaling, which made the picture `scale` times as large. Throws vips::VError.
Picture sharpen(Picture picture, const is::Recipe& recipe, double scale);
Picture sharpen_lightly(Picture picture);  // what "bisharp" adds to its kernel

}  // namespace dray::pipeline

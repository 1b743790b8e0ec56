// Steps that every way of making a picture takes.
#pragma once

#include "pipeline/renditions/color.h"

namespace dray::pipeline {

inline PixelSize size_of(const vips::VImage& image) { return {image.width(), image.height()}; }

// To exactly that size. Transparent pixels give no colour to their neighbours. Throws vips::VError.
Picture resize(Picture picture, PixelSize to, is::Resampling resampling);

// Puts a colour under what is transparent, in part or wholly; under an opaque one no alpha is left.
Picture put_under(const Picture& picture, const is::Color& background);

}  // namespace dray::pipeline

// Where the interesting part of a picture is.
#pragma once

#include "base/result.h"
#include "pipeline/renditions/geometry.h"
#include "pipeline/renditions/source.h"

namespace dray::pipeline {

// A part of a picture, as fractions of its width and height.
struct NormalBox {
  double left = 0, top = 0, width = 1, height = 1;
  bool operator==(const NormalBox&) const = default;
};

// The largest part with the aspect ratio of `target`, placed where there is most to see. It depends on the aspect ratio
// only. Code::invalid: the source is damaged.
Result<NormalBox> find_smart_crop(const Source& source, PixelSize target);

// In pixels of a picture: rounded, then one side made smaller until the aspect ratio is that of `target`.
PixelBox pixels_of(const NormalBox& box, PixelSize picture, PixelSize target);

}  // namespace dray::pipeline

// Where every pixel of a rendition comes from and goes to: the sizes and boxes of a recipe, worked out before a pixel
// is read. Pure. The order of evaluation is that of Image Serving:
//
//   layer      crop → size (else scale, else res) → rotate → extend
//   composite  flip
//   view       region → scaled by wid/hei and fit, or scl, or the default size → on the canvas → tile
#pragma once

#include <string>

#include "base/result.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/settings.h"

namespace dray::pipeline {

struct Position {
  int x = 0, y = 0;
  bool operator==(const Position&) const = default;
};

struct PixelBox {
  Position at;
  PixelSize size;
  bool operator==(const PixelBox&) const = default;
};

struct Geometry {
  PixelBox crop;        // of the source; may reach beyond it
  PixelSize layer;      // that the crop is scaled to
  double rotation = 0;  // of the layer, degrees, clockwise
  PixelSize rotated;    // the layer's box then
  PixelBox composite;   // of the rotated layer; may reach beyond it: extend
  is::Flip flip;        // of the composite
  PixelBox region;      // of the composite; may reach beyond it
  PixelSize scaled;     // that the region is scaled to
  PixelBox canvas;      // of the scaled region: what is seen; may reach beyond it
  PixelBox tile;        // of the canvas, and of the reply; may reach beyond it

  PixelSize reply() const { return tile.size; }
  bool operator==(const Geometry&) const = default;
};

enum class ViewKind { image, thumbnail };

// Code::invalid: nothing is left of the image, or it becomes larger than the server allows. `source` is the size of the
// image as it is seen, after its EXIF orientation.
Result<Geometry> make_geometry(const is::Recipe& recipe, PixelSize source, const ImageSettings& settings,
                               ViewKind kind = ViewKind::image);

// How much smaller than the source the reply is; below 1 it is larger. A source that is read in at such a reduction
// still has every pixel that is needed.
double reduction_of(const Geometry& geometry);

}  // namespace dray::pipeline

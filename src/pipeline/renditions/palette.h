// Pictures of at most 256 colours, and the two formats for them.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/settings.h"

namespace dray::pipeline {

struct PaletteColor {
  std::uint8_t red = 0, green = 0, blue = 0, alpha = 255;
  bool operator==(const PaletteColor&) const = default;
};

struct IndexedPicture {
  PixelSize size;
  std::vector<PaletteColor> palette;  // at most 256
  std::vector<std::uint8_t> pixels;   // row by row
};

// `rgba`: four bytes a pixel, row by row. With `alpha` the palette may hold colours that are transparent; GIF knows
// only wholly transparent ones (`only_keyed`). The web and Mac palettes are fixed, an adaptive one is found for the
// picture, beginning with the colours that are listed.
IndexedPicture make_indexed(Bytes rgba, PixelSize size, const is::Quantize& quantize, bool alpha, bool only_keyed);

std::string format_gif(const IndexedPicture& picture);
// `dots_per_metre` as the chunk pHYs has it; `profile`: ICC, may be empty.
std::string format_png8(const IndexedPicture& picture, std::uint32_t dots_per_metre, std::string_view profile);

}  // namespace dray::pipeline

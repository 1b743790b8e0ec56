// Colours as Image Serving commands write them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dray::is {

struct Color {
  enum class Kind { rgb, gray, cmyk };
  Kind kind = Kind::rgb;
  std::array<double, 4> components{};  // 0 to 1, in the kind's order; those it does not have are 0
  double alpha = 1;                    // 0 to 1; the components are not premultiplied
  bool of_source = false;              // in the colour space of the source, else in that of the output

  bool operator==(const Color&) const = default;
};

// Any of: `R,G,B[,A]` (0 to 255) · `C,M,Y,K[,A]k` and `GRAY[,A][g]` (percent) · `[0x]RRGGBB[AA][r]` ·
// `[0x]CCMMYYKK[AA]k` · `0xGG[AA][g]`; each with an `s` behind it where it is of the source. Case is ignored.
// Code::invalid.
Result<Color> parse_color(std::string_view text);
std::string format_color(const Color& color);  // parse_color() reads it as the same colour

}  // namespace dray::is

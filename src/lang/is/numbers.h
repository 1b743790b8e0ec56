// Numbers as Image Serving commands write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dray::is {

// An optional sign, digits, an optional fraction; at most 30 characters. No exponents, no infinities. Rounded to six
// digits behind the point, so that format_real() loses nothing.
std::optional<double> parse_real(std::string_view text);
std::string format_real(double value);
double rounded(double value);  // to six digits behind the point

}  // namespace dray::is

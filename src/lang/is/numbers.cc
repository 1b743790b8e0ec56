#include "lang/is/numbers.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace dray::is {

std::optional<double> parse_real(std::string_view text) {
  if (text.starts_with('+')) text = text.substr(text.starts_with("+-") ? text.size() : 1);
  if (text.empty() || text.size() > 30 || text.find_first_not_of("0123456789.-") != text.npos) return std::nullopt;
  double value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return rounded(value);
}

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

std::string format_real(double value) {
  auto text = fmt::format("{:.6f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace dray::is

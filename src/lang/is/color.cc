#include "lang/is/color.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "lang/is/numbers.h"

namespace dray::is {
namespace {

std::size_t component_count(Color::Kind kind) {
  return kind == Color::Kind::rgb ? 3 : kind == Color::Kind::gray ? 1 : 4;
}

double full_value(Color::Kind kind) { return kind == Color::Kind::rgb ? 255 : 100; }

// Components and perhaps alpha, each 0 to 1. They are rounded as they will be written, so that nothing is lost then.
std::optional<Color> make_color(Color::Kind kind, std::vector<double> values) {
  auto count = component_count(kind);
  if (values.size() != count && values.size() != count + 1) return std::nullopt;
  if (std::any_of(values.begin(), values.end(), [](double value) { return value < 0 || value > 1; }))
    return std::nullopt;
  for (auto& value : values) value = rounded(value * full_value(kind)) / full_value(kind);
  Color color;
  color.kind = kind;
  std::copy_n(values.begin(), count, color.components.begin());
  if (values.size() > count) color.alpha = values.back();
  return color;
}

std::optional<std::vector<double>> parse_hex_values(std::string_view digits) {
  auto bytes = parse_hex(digits);
  if (!bytes) return std::nullopt;
  std::vector<double> values;
  for (auto byte : *bytes) values.push_back(std::to_integer<int>(byte) / 255.0);
  return values;
}

std::optional<std::vector<double>> parse_list(std::string_view text, double full) {
  std::vector<double> values;
  for (auto item : split(text, ',')) {
    auto value = parse_real(item);
    if (!value) return std::nullopt;
    values.push_back(*value / full);
  }
  return values;
}

// Whether bare digits are hexadecimal: `808080` and `ff0000`, but not the percents `50` and `100`.
bool looks_hexadecimal(std::string_view text) {
  return (text.size() == 6 || text.size() == 8) && text.find('.') == text.npos;
}

std::optional<Color> parse(std::string_view text) {
  bool of_source = text.ends_with('s');
  if (of_source) text.remove_suffix(1);
  char mark = text.empty() ? '\0' : text.back();
  if (mark == 'r' || mark == 'g' || mark == 'k')
    text.remove_suffix(1);
  else
    mark = '\0';
  bool prefixed = text.starts_with("0x");
  if (prefixed) text.remove_prefix(2);

  auto kind = mark == 'k' ? Color::Kind::cmyk : mark == 'g' ? Color::Kind::gray : Color::Kind::rgb;
  std::optional<std::vector<double>> values;
  if (prefixed || (text.find(',') == text.npos && mark != 'g' && (mark != '\0' || looks_hexadecimal(text)))) {
    values = parse_hex_values(text);
    if (mark == '\0' && prefixed && text.size() <= 4) kind = Color::Kind::gray;
  } else {
    if (mark == '\0' && std::count(text.begin(), text.end(), ',') < 2) kind = Color::Kind::gray;
    values = parse_list(text, full_value(kind));
  }
  if (!values) return std::nullopt;
  auto color = make_color(kind, *std::move(values));
  if (color) color->of_source = of_source;
  return color;
}

}  // namespace

Result<Color> parse_color(std::string_view text) {
  if (auto color = parse(ascii_lower(text))) return *color;
  return Error{Code::invalid, fmt::format("\"{}\" is not a colour; write it like 255,0,0 or ff0000", text)};
}

std::string format_color(const Color& color) {
  auto full = full_value(color.kind);
  std::string text;
  for (std::size_t i = 0; i < component_count(color.kind); ++i)
    text += fmt::format("{}{}", i > 0 ? "," : "", format_real(color.components[i] * full));
  if (color.alpha != 1) text += "," + format_real(color.alpha * full);
  text += color.kind == Color::Kind::cmyk ? "k" : color.kind == Color::Kind::gray ? "g" : "";
  return text + (color.of_source ? "s" : "");
}

}  // namespace dray::is

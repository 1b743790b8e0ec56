#include "adapters/media/property_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace dray::media {
namespace {

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view first_part(std::string_view raw) {
  while (!raw.empty()) {
    auto end = std::min(raw.find('\0'), raw.size());
    auto part = without_blanks(raw.substr(0, end));
    if (!part.empty()) return part;
    raw.remove_prefix(std::min(end + 1, raw.size()));
  }
  return {};
}

// Steps back over at most three continuation bytes, so that text in another charset loses no more than that.
std::string_view cut(std::string_view text) {
  if (text.size() <= kMaxValueBytes) return text;
  auto end = kMaxValueBytes;
  for (int back = 0; back < 3 && (text[end] & 0xC0) == 0x80; ++back) --end;
  return text.substr(0, end);
}

std::string from_latin1(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += static_cast<char>(0xC0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

bool is_unwanted(char c) { return (is_blank(c) && c != ' ' && c != '\t' && c != '\n' && c != '\r') || c == '\x7F'; }

// Reads a date from the left.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool skip(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `count` digits within the bounds, as they stand; empty otherwise.
  std::string_view number(std::size_t count, int low, int high) {
    int value = 0;
    if (text_.size() < count || !std::ranges::all_of(text_.substr(0, count), is_digit)) return {};
    std::from_chars(text_.data(), text_.data() + count, value);
    if (value < low || value > high) return {};
    return take(count);
  }
  std::string_view digits() {
    auto end = std::ranges::find_if_not(text_, is_digit);
    return take(std::min<std::size_t>(9, static_cast<std::size_t>(end - text_.begin())));
  }
  char front() const { return text_.front(); }

 private:
  std::string_view take(std::size_t count) {
    auto taken = text_.substr(0, count);
    text_.remove_prefix(count);
    return taken;
  }
  std::string_view text_;
};

// zone = "Z" | ("+" | "-") hour ":" minute
bool read_zone(DateReader& in, std::string& out) {
  char sign = in.front();
  if (!in.skip("Z+-")) return false;
  out += sign;
  if (sign == 'Z') return true;
  auto hour = in.number(2, 0, 23);
  bool colon = in.skip(":");
  auto minute = in.number(2, 0, 59);
  if (hour.empty() || !colon || minute.empty()) return false;
  out.append(hour).append(":").append(minute);
  return true;
}

// time = hour ":" minute [":" second ["." digits]] [zone]
bool read_time(DateReader& in, std::string& out) {
  auto hour = in.number(2, 0, 23);
  bool colon = in.skip(":");
  auto minute = in.number(2, 0, 59);
  if (hour.empty() || !colon || minute.empty()) return false;
  out.append("T").append(hour).append(":").append(minute);
  if (in.skip(":")) {
    auto second = in.number(2, 0, 60);
    if (second.empty()) return false;
    out.append(":").append(second);
    if (in.skip(".")) {
      auto fraction = in.digits();
      if (fraction.empty()) return false;
      out.append(".").append(fraction);
    }
  }
  return in.at_end() || read_zone(in, out);
}

std::optional<double> number_of(std::string_view text) {
  double value = 0, divisor = 1;
  auto slash = text.find('/');
  auto read = [](std::string_view digits, double& into) {
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into, std::chars_format::fixed);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (!read(text.substr(0, slash), value)) return std::nullopt;
  if (slash != std::string_view::npos && !read(text.substr(slash + 1), divisor)) return std::nullopt;
  // Cameras write 0/0 for seconds that they have put into the minutes.
  if (divisor == 0) return value == 0 ? std::optional(0.0) : std::nullopt;
  return value / divisor;
}

}  // namespace

std::string clean_text(std::string_view raw, Charset charset) {
  auto part = cut(first_part(raw));
  std::string text = is_valid_utf8(part)        ? std::string(part)
                     : charset == Charset::utf8 ? replace_invalid_utf8(part)
                                                : from_latin1(part);
  std::ranges::replace_if(text, is_unwanted, ' ');
  return std::string(without_blanks(cut(text)));
}

std::optional<std::string> iso8601_date(std::string_view text) {
  DateReader in(text);
  auto year = in.number(4, 1, 9999);
  if (year.empty()) return std::nullopt;
  std::string out(year);
  for (int highest : {12, 31}) {
    if (in.at_end()) return out;
    bool separator = in.skip("-:");
    auto part = in.number(2, 1, highest);
    if (!separator || part.empty()) return std::nullopt;
    out.append("-").append(part);
  }
  if (in.at_end()) return out;
  if (!in.skip("T ") || !read_time(in, out) || !in.at_end()) return std::nullopt;
  return out;
}

std::optional<double> decimal_degrees(std::string_view text, std::string_view reference) {
  if (!text.empty() && std::string_view("NESW").find(text.back()) != std::string_view::npos) {
    reference = text.substr(text.size() - 1);
    text.remove_suffix(1);
  }
  double degrees = 0, unit = 1;
  auto parts = split(text, text.find(',') != std::string_view::npos ? ',' : ' ');
  if (parts.size() > 3) return std::nullopt;
  for (auto part : parts) {
    auto number = number_of(part);
    if (!number || *number < 0) return std::nullopt;
    degrees += *number * unit;
    unit /= 60;
  }
  if (!(degrees <= 180)) return std::nullopt;
  if (reference == "S" || reference == "W") degrees = -degrees;
  return std::round(degrees * 1e7) / 1e7;  // about a centimetre
}

}  // namespace dray::media

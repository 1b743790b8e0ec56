#include "lang/http/charset.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "lang/http/characters.h"

namespace dray::http {
namespace {

struct Name {
  std::string_view text;
  Charset charset;
};
constexpr std::array kNames = {
    Name{"utf-8", Charset::utf8},
    Name{"utf8", Charset::utf8},
    Name{"iso-8859-1", Charset::windows1252},
    Name{"latin1", Charset::windows1252},
    Name{"windows-1252", Charset::windows1252},
    Name{"cp1252", Charset::windows1252},
    Name{"us-ascii", Charset::windows1252},
};

// What the bytes 80 to 9F stand for (https://encoding.spec.whatwg.org/index-windows-1252.txt).
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

void append_utf8(std::string& out, char16_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
  } else {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (c & 0x3F));
}

std::string from_windows1252(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 0x80 && byte <= 0x9F ? kWindows1252[byte - 0x80] : byte);
  }
  return out;
}

}  // namespace

Result<Charset> parse_charset(std::string_view name) {
  for (const auto& known : kNames) {
    if (equal_ignoring_case(trim(name), known.text)) return known.charset;
  }
  auto shown = all_are<is_visible_ascii>(name) ? name.substr(0, 40) : "?";
  return Error{Code::invalid, fmt::format("the charset \"{}\" is not known here; utf-8 and iso-8859-1 are", shown)};
}

std::optional<std::string> decode_charset(std::string_view text, Charset charset) {
  if (charset == Charset::windows1252) return from_windows1252(text);
  if (!is_valid_utf8(text)) return std::nullopt;
  return std::string(text);
}

}  // namespace dray::http

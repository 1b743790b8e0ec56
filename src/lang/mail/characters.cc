#include "lang/mail/characters.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace dray::mail {
namespace {

struct Span {
  char32_t first, last;
};
// General categories Z and Cf of Unicode, as far as they are blank or nothing on a screen; sorted.
constexpr std::array<Span, 11> kInvisible = {{{0x20, 0x20},
                                              {0xA0, 0xA0},
                                              {0xAD, 0xAD},
                                              {0x61C, 0x61C},
                                              {0x1680, 0x1680},
                                              {0x180E, 0x180E},
                                              {0x2000, 0x200F},
                                              {0x2028, 0x202F},
                                              {0x205F, 0x206F},
                                              {0x3000, 0x3000},
                                              {0xFEFF, 0xFEFF}}};

}  // namespace

Character first_character(std::string_view text) {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t length = at(0) < 0x80 ? 1 : at(0) < 0xE0 ? 2 : at(0) < 0xF0 ? 3 : 4;
  char32_t code = length == 1 ? at(0) : at(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (at(i) & 0x3Fu);
  return {code, text.substr(0, length)};
}

std::string utf8_of(char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  auto byte = [](char32_t value) { return static_cast<char>(value); };
  auto more = [&](int shift) { return byte(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), more(0)};
  if (code < 0x10000) return {byte(0xE0 | code >> 12), more(6), more(0)};
  return {byte(0xF0 | code >> 18), more(12), more(6), more(0)};
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

bool is_invisible(char32_t code) {
  if (is_control(code)) return true;
  return std::any_of(kInvisible.begin(), kInvisible.end(),
                     [&](const Span& span) { return code >= span.first && code <= span.last; });
}

std::string clean_lines(std::string_view text) {
  auto valid = replace_invalid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  bool after_cr = false;
  for (std::string_view rest = valid; !rest.empty();) {
    auto [code, bytes] = first_character(rest);
    rest.remove_prefix(bytes.size());
    if (code == '\n' ? !after_cr : code == '\r' || code == 0x2028 || code == 0x2029)
      out += '\n';
    else if (code == '\t' || !is_control(code))
      out += bytes;
    after_cr = code == '\r';
  }
  return out;
}

}  // namespace dray::mail

// The character classes that header text is made of (RFC 9110, section 5.6). For the sources of this module.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace dray::http {

inline constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) table[c] = true;
  return table;
}();

constexpr bool is_token_character(char c) { return kTokenCharacters[static_cast<unsigned char>(c)]; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_visible_ascii(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F;
}
constexpr bool is_control(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// The class is a template argument so that the compiler sees through it: every byte of a request passes here.
template <bool (*is)(char)>
constexpr bool all_are(std::string_view text) {
  for (char c : text) {
    if (!is(c)) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) { return !text.empty() && all_are<is_token_character>(text); }
inline bool has_control(std::string_view text) { return std::any_of(text.begin(), text.end(), is_control); }

}  // namespace dray::http

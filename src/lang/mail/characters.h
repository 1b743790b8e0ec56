// Characters of UTF-8 text, and the kinds of them that mail must not pass on.
#pragma once

#include <string>
#include <string_view>

namespace dray::mail {

constexpr std::string_view kByteOrderMark = "\uFEFF";  // before the text in files of some editors

struct Character {
  char32_t code = 0;
  std::string_view bytes;
};
// The first character of text that is valid UTF-8 and not empty.
Character first_character(std::string_view text);
std::string utf8_of(char32_t code);  // U+FFFD for what is not a character

bool is_control(char32_t code);    // C0, DEL, C1, and the line and paragraph separators U+2028 and U+2029
bool is_invisible(char32_t code);  // controls, blanks of every width, marks of direction, joiners
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// Valid UTF-8 (what is not becomes U+FFFD) with LF as the only line end and no other control characters but tabs.
std::string clean_lines(std::string_view text);

}  // namespace dray::mail

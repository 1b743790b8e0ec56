// Text: UTF-8, hexadecimal, base64, percent encoding, numbers for people. Locale plays no part anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace dray {

bool is_valid_utf8(std::string_view text);  // strict: no surrogates, no overlong forms, nothing beyond U+10FFFF
bool is_ascii(std::string_view text);
// Each byte that is not part of valid UTF-8 becomes U+FFFD; for showing names that are not text.
std::string replace_invalid_utf8(std::string_view text);
// replace_invalid_utf8(), cut to at most so many bytes between characters; for messages that quote what others wrote.
std::string shorten(std::string_view text, std::size_t most);

std::string format_hex(Bytes bytes);                                     // lower case
std::optional<std::vector<std::byte>> parse_hex(std::string_view text);  // nullopt: odd length or another character

std::string format_base64(Bytes bytes);                                        // with padding
std::string format_base64url(Bytes bytes);                                     // without padding
std::optional<std::vector<std::byte>> parse_base64(std::string_view text);     // strict: padding required
std::optional<std::vector<std::byte>> parse_base64url(std::string_view text);  // strict: no padding

// Percent encoding of everything but RFC 3986's unreserved characters and '/'.
std::string percent_encode_path(std::string_view text);
// Decodes once; nullopt for a '%' without two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

// & < > " ' as references: for text, and for attributes in quotes.
std::string escape_html(std::string_view text);

std::string ascii_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII
std::string_view trim(std::string_view text);                      // blanks and tabs
// `*` in the pattern is any text, `?` any character.
bool matches_pattern(std::string_view pattern, std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

std::optional<std::uint64_t> parse_unsigned(std::string_view digits);  // decimal digits only, no overflow

std::string format_size(ByteCount bytes);            // "1.5 GB": powers of 1000, as AEM counts
std::string format_duration(std::uint64_t seconds);  // "1:02:03", "0:07"

}  // namespace dray

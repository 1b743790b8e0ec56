// The charsets in which forms arrive, and their text in UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dray::http {

enum class Charset { utf8, windows1252 };

// By its name in `_charset_` or Content-Type, ignoring case. As in browsers, iso-8859-1, latin1 and us-ascii are other
// names of windows-1252, which has more characters in the same places. Code::invalid: another name.
Result<Charset> parse_charset(std::string_view name);

// In UTF-8; nullopt: the text is not in that charset. Every text is valid windows-1252: the five bytes that mean
// nothing become control characters (WHATWG Encoding).
std::optional<std::string> decode_charset(std::string_view text, Charset charset);

}  // namespace dray::http

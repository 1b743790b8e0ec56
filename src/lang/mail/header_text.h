// Text and dates as the header of a mail writes them (RFC 5322, RFC 2047).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace dray::mail {

// One line of valid UTF-8: each run of control characters and line breaks (C0, DEL, C1, U+2028, U+2029) becomes one
// blank, bytes that are not UTF-8 become U+FFFD, blanks at both ends go.
std::string clean_header_text(std::string_view text);

// The value of an unstructured header such as Subject, cleaned as above. Plain ASCII stays as it is and is folded at
// blanks where a line would be longer than 78 characters. All else becomes encoded words of UTF-8, and so does text
// that looks like one ("=?") or could not be folded. What comes out is ASCII; CR and LF stand in it only as CR LF
// blank, so nothing can end the header. `first_line_used`: characters already on the line, "Subject: " has 9.
std::string encode_header_text(std::string_view utf8, std::size_t first_line_used);

// The same, but always as encoded words, and such that they may stand in a phrase, before an address.
std::string encode_words(std::string_view utf8, std::size_t first_line_used);

std::string format_date(Seconds time);  // "Thu, 26 Nov 2026 14:06:23 +0000"

}  // namespace dray::mail

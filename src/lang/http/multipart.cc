#include "lang/http/multipart.h"

#include <fmt/format.h>

#include <cassert>

#include "lang/http/characters.h"
#include "lang/http/range.h"

namespace dray::http {

// multipart-body = 1*( delimiter part-head CRLF bytes ) close-delimiter   (RFC 2046, section 5.1.1)
// delimiter      = CRLF "--" boundary CRLF; the first CRLF is an empty preamble
std::string format_part_head(std::string_view boundary, std::string_view content_type, ByteRange range,
                             ByteCount size) {
  assert(!has_control(boundary) && !has_control(content_type));
  return fmt::format("\r\n--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n", boundary, content_type,
                     format_content_range(range, size));
}

std::string format_multipart_end(std::string_view boundary) {
  assert(!has_control(boundary));
  return fmt::format("\r\n--{}--\r\n", boundary);
}

}  // namespace dray::http

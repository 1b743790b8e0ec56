// The pieces between the ranges of a multipart/byteranges body (RFC 9110, section 14.6). Content-Length is exactly the
// sum of what these functions return and of the ranges themselves.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace dray::http {

// CRLF, the delimiter, Content-Type, Content-Range and an empty line: what stands before the bytes of `range`.
// `boundary` and `content_type` have no control characters; asserted.
std::string format_part_head(std::string_view boundary, std::string_view content_type, ByteRange range, ByteCount size);
// CRLF and the closing delimiter: what stands after the bytes of the last range.
std::string format_multipart_end(std::string_view boundary);

}  // namespace dray::http

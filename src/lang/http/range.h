// Byte ranges of a representation (RFC 9110, section 14).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace dray::http {

// whole: answer 200 as if there were no Range header. partial: 206. unsatisfiable: 416.
struct RangeAnswer {
  enum class Kind { whole, partial, unsatisfiable };

  Kind kind = Kind::whole;
  std::vector<ByteRange> ranges;  // only when partial: at least one, none empty, in the order asked, within the size

  bool operator==(const RangeAnswer&) const = default;
};

inline constexpr std::size_t kMaxRanges = 256;

// What a Range header asks of a representation of `size` bytes. A header that is malformed, has another unit, asks for
// more than kMaxRanges ranges, or for more bytes than there are by way of more than two overlapping ranges, is ignored.
RangeAnswer select_ranges(std::optional<std::string_view> header, ByteCount size);

std::string format_content_range(ByteRange range, ByteCount size);  // "bytes 0-9/100"; the range is not empty
std::string format_unsatisfied_range(ByteCount size);               // "bytes */100"

}  // namespace dray::http

#include "lang/http/range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "base/text.h"
#include "lang/http/characters.h"

namespace dray::http {
namespace {

// ranges-specifier = range-unit "=" range-set                    (RFC 9110, section 14.1.1)
// range-set        = 1#( int-range / suffix-range )              empty elements are skipped (section 5.6.1.2)
// int-range        = first-pos "-" [ last-pos ]
// suffix-range     = "-" suffix-length
constexpr std::string_view kUnit = "bytes=";
constexpr ByteCount kHuge = std::numeric_limits<ByteCount>::max();

using Kind = RangeAnswer::Kind;

// What one element asks for, before the size is known.
struct RangeSpec {
  bool suffix = false;
  ByteCount first = 0;  // of a suffix: its length
  ByteCount last = kHuge;
};

// 1*DIGIT. A number beyond 64 bits lies beyond every end, as kHuge does.
std::optional<ByteCount> parse_position(std::string_view digits) {
  if (digits.empty() || !all_are<is_digit>(digits)) return std::nullopt;
  return parse_unsigned(digits).value_or(kHuge);
}

std::optional<RangeSpec> parse_spec(std::string_view text) {
  auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  RangeSpec spec;
  spec.suffix = dash == 0;
  auto last = text.substr(dash + 1);
  auto first = parse_position(spec.suffix ? last : text.substr(0, dash));
  if (!first) return std::nullopt;
  spec.first = *first;
  if (spec.suffix || last.empty()) return spec;
  auto end = parse_position(last);
  if (!end || *end < spec.first) return std::nullopt;
  spec.last = *end;
  return spec;
}

// nullopt when malformed or more than kMaxRanges.
std::optional<std::vector<RangeSpec>> parse_specs(std::string_view header) {
  if (!equal_ignoring_case(header.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  std::vector<RangeSpec> specs;
  while (!header.empty()) {
    auto element = header.substr(0, header.find(','));
    header.remove_prefix(std::min(element.size() + 1, header.size()));
    element = trim(element);
    if (element.empty()) continue;
    auto spec = parse_spec(element);
    if (!spec || specs.size() == kMaxRanges) return std::nullopt;
    specs.push_back(*spec);
  }
  if (specs.empty()) return std::nullopt;
  return specs;
}

// What there is of `spec` within `size` bytes; of length 0 when nothing is.
ByteRange clip(const RangeSpec& spec, ByteCount size) {
  if (spec.suffix) {
    auto length = std::min(spec.first, size);
    return {size - length, length};
  }
  if (spec.first >= size) return {};
  return {spec.first, std::min(spec.last, size - 1) - spec.first + 1};
}

bool asks_for_more_than(const std::vector<ByteRange>& ranges, ByteCount size) {
  for (const auto& range : ranges) {
    if (range.length > size) return true;
    size -= range.length;
  }
  return false;
}

// How many of the ranges share a byte with another one.
std::size_t count_overlapping(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  std::size_t count = 0;
  ByteCount reached = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    bool meets_earlier = ranges[i].offset < reached;
    bool meets_later = i + 1 < ranges.size() && ranges[i + 1].offset < ranges[i].end();
    if (meets_earlier || meets_later) ++count;
    reached = std::max(reached, ranges[i].end());
  }
  return count;
}

}  // namespace

RangeAnswer select_ranges(std::optional<std::string_view> header, ByteCount size) {
  auto specs = header ? parse_specs(*header) : std::nullopt;
  if (!specs) return {};
  RangeAnswer answer{Kind::partial, {}};
  for (const auto& spec : *specs) {
    // The last bytes of nothing are nothing: satisfiable, but Content-Range cannot say so.
    if (spec.suffix && spec.first > 0 && size == 0) return {};
    if (auto range = clip(spec, size); range.length > 0) answer.ranges.push_back(range);
  }
  if (answer.ranges.empty()) return {Kind::unsatisfiable, {}};
  // A few bytes of request must not draw many times the file (RFC 9110, section 17.15). Two that overlap are left
  // alone: players ask for an index and for what surrounds it.
  if (asks_for_more_than(answer.ranges, size) && count_overlapping(answer.ranges) > 2) return {};
  return answer;
}

// Content-Range = "bytes" SP ( first-pos "-" last-pos "/" complete-length / "*/" complete-length )
//                                                                  (RFC 9110, section 14.4)
std::string format_content_range(ByteRange range, ByteCount size) {
  assert(range.length > 0 && range.length <= size && range.offset <= size - range.length);
  return fmt::format("bytes {}-{}/{}", range.offset, range.end() - 1, size);
}

std::string format_unsatisfied_range(ByteCount size) { return fmt::format("bytes */{}", size); }

}  // namespace dray::http

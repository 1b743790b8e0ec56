// Ranges lie within the representation and never draw many times its bytes. Input: eight bytes of size, then the
// header.
#include <cassert>
#include <cstdint>
#include <cstring>

#include "lang/http/multipart.h"
#include "lang/http/range.h"

using namespace dray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteCount total = 0;
  if (size < sizeof total) return 0;
  std::memcpy(&total, data, sizeof total);
  std::string_view header(reinterpret_cast<const char*>(data) + sizeof total, size - sizeof total);

  auto answer = http::select_ranges(header, total);
  assert((answer.kind == http::RangeAnswer::Kind::partial) == !answer.ranges.empty());
  assert(answer.ranges.size() <= http::kMaxRanges);
  unsigned __int128 sum = 0;
  for (auto range : answer.ranges) {
    assert(range.length > 0 && range.offset < total && range.length <= total - range.offset);
    assert(!http::format_part_head("boundary", "text/plain", range, total).empty());
    sum += range.length;
  }
  assert(sum <= static_cast<unsigned __int128>(total) * 2);
  return 0;
}

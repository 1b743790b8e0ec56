// What both halves of the reader use: errors with a place, reads that must succeed, fields and extra fields.
#pragma once

#include <cassert>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "lang/zip/reader.h"

namespace dray::zip {

Error damaged(ByteCount offset, std::string_view what);      // Code::corrupt
Error unsupported(ByteCount offset, std::string_view what);  // Code::invalid

// Takes little-endian fields off the front of bytes; that they are there is for the caller to see to.
class Fields {
 public:
  explicit Fields(Bytes bytes) : rest_(bytes) {}
  std::uint8_t u8() { return take<std::uint8_t>(); }
  std::uint16_t u16() { return take<std::uint16_t>(); }
  std::uint32_t u32() { return take<std::uint32_t>(); }
  std::uint64_t u64() { return take<std::uint64_t>(); }
  Bytes bytes(std::size_t count) {
    assert(count <= rest_.size());
    auto front = rest_.first(count);
    rest_ = rest_.subspan(count);
    return front;
  }
  std::size_t left() const { return rest_.size(); }

 private:
  template <typename T>
  T take() {
    std::uint64_t value = 0;
    auto field = bytes(sizeof(T));
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= std::to_integer<std::uint64_t>(field[i]) << (8 * i);
    return static_cast<T>(value);
  }
  Bytes rest_;
};

// Code::corrupt if the archive ends before.
Result<void> read_exactly(const Input& input, ByteCount offset, MutableBytes into);
Result<std::vector<std::byte>> read_range(const Input& input, ByteRange range);

// The extra fields that mean something to us.
struct Extras {
  std::optional<Bytes> zip64;  // a view of what was parsed
  std::optional<Seconds> modified;
};

Result<Extras> parse_extras(ByteCount offset, Bytes bytes);

// Replaces each value that is a marker by the next one of the Zip64 extra field. Without that field a marker is a
// number.
Result<void> widen(ByteCount offset, const Extras& extras, std::initializer_list<ByteCount*> values);

}  // namespace dray::zip

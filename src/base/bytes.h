// Counts and ranges of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dray {

using ByteCount = std::uint64_t;
using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// `length` bytes from `offset` on; an empty range has length 0.
struct ByteRange {
  ByteCount offset = 0;
  ByteCount length = 0;

  ByteCount end() const { return offset + length; }
  bool operator==(const ByteRange&) const = default;
};

inline Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace dray

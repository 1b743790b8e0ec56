// SHA-256 and CRC-32 of bytes, in one go or as they come.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace dray {

struct Sha256 {
  std::array<std::byte, 32> bytes{};

  std::string hex() const;
  auto operator<=>(const Sha256&) const = default;
};
std::optional<Sha256> parse_sha256(std::string_view hex);

class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  void update(Bytes bytes);
  Sha256 finish();  // once; the hasher is then used up

 private:
  struct State;
  std::unique_ptr<State> state_;
};
Sha256 sha256_of(Bytes bytes);
Sha256 hmac_sha256(std::string_view key, Bytes bytes);  // RFC 2104
bool are_equal(const Sha256& a, const Sha256& b);       // in constant time

// CRC-32 as ZIP has it (reflected 0x04C11DB7, start and end inverted). `crc` is that of the bytes before.
std::uint32_t crc32_of(Bytes bytes, std::uint32_t crc = 0);
// The CRC of a followed by b, from both CRCs and the length of b.
std::uint32_t combine_crc32(std::uint32_t a, std::uint32_t b, ByteCount length_of_b);
// The CRC after `length` zero bytes, without touching so many bytes.
std::uint32_t crc32_of_zeros(ByteCount length);

}  // namespace dray

template <>
struct std::hash<dray::Sha256> {
  std::size_t operator()(const dray::Sha256& id) const noexcept {  // uniform already: any eight bytes do
    std::size_t value;
    __builtin_memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};

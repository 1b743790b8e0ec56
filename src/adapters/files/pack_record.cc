#include "adapters/files/pack_record.h"

#include <algorithm>

#include "base/file.h"

namespace dray::files {
namespace {

// Little-endian: id, offset, size, CRC-32, zero, CRC-32 of the record's first 52 bytes.
constexpr std::size_t kCheckedSize = 52;

void put_number(std::byte*& at, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) *at++ = static_cast<std::byte>(value >> (8 * i));
}

std::uint64_t number_at(const std::byte* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

}  // namespace

Result<PackNames> list_packs(const std::string& directory) {
  ASSIGN_OR_RETURN(auto files, list_directory(directory));
  PackNames names;
  for (std::string_view file : files) {
    auto dot = std::min(file.rfind('.'), file.size());
    if (file.substr(dot) == ".idx") names.plain.emplace_back(file.substr(0, dot));
    if (file.substr(dot) == ".aside") names.aside.emplace_back(file.substr(0, dot));
  }
  return names;
}

void append_pack_record(std::vector<std::byte>& out, const PackedBlob& packed) {
  out.resize(out.size() + kPackRecordSize);
  auto* start = out.data() + out.size() - kPackRecordSize;
  auto* at = start;
  at = std::copy(packed.blob.id.bytes.begin(), packed.blob.id.bytes.end(), at);
  put_number(at, packed.offset, 8);
  put_number(at, packed.blob.size, 4);
  put_number(at, packed.blob.crc32, 4);
  put_number(at, 0, 4);
  put_number(at, crc32_of(Bytes(start, kCheckedSize)), 4);
}

std::optional<PackedBlob> parse_pack_record(const std::byte* at) {
  if (number_at(at + kCheckedSize, 4) != crc32_of(Bytes(at, kCheckedSize))) return std::nullopt;
  PackedBlob packed;
  std::copy_n(at, 32, packed.blob.id.bytes.begin());
  packed.offset = number_at(at + 32, 8);
  packed.blob.size = number_at(at + 40, 4);
  packed.blob.crc32 = static_cast<std::uint32_t>(number_at(at + 44, 4));
  return packed;
}

}  // namespace dray::files

// NAME.idx holds a record for each blob in NAME.pack. docs/format/blob-store.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/blobs/blob.h"

namespace dray::files {

inline constexpr ByteCount kLargestPackedBlob = 1024 * 1024;
inline constexpr ByteCount kPackSize = 1024 * 1024 * 1024;  // a pack that has reached it is not appended to

// Blobs of at least this size begin on a page: sending one that lies across one page more than it fills costs 6 % more.
inline constexpr ByteCount kAlignedBlob = 64 * 1024;
inline constexpr ByteCount kAlignment = 4096;

struct PackedBlob {
  model::Blob blob;
  ByteCount offset = 0;  // in the pack, or in what is written to it
};

// Where the next blob begins, behind `end` bytes.
constexpr ByteCount place_behind(ByteCount end, ByteCount size) {
  return size < kAlignedBlob ? end : (end + kAlignment - 1) / kAlignment * kAlignment;
}

struct PackNames {
  std::vector<std::string> plain, aside;  // in order; those that were set aside
};
Result<PackNames> list_packs(const std::string& directory);

inline constexpr std::size_t kPackRecordSize = 56;

void append_pack_record(std::vector<std::byte>& out, const PackedBlob& packed);

// nullopt where the record is torn: the process died while writing it, and its blob was never promised.
std::optional<PackedBlob> parse_pack_record(const std::byte* at);

}  // namespace dray::files

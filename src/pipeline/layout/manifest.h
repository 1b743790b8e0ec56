// A layout as bytes, kept as a blob: everything an archive's bytes follow from. docs/format/manifest.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "pipeline/layout/layout.h"

namespace dray::pipeline {

std::string format_manifest(const Layout& layout);

// One entry as the manifest tells it; `name` points into the manifest.
struct ManifestEntry {
  std::string_view name;
  model::Blob content;
  zip::Method method = zip::Method::stored;
  ByteCount stored_size = 0;
  Seconds modified{};
  ByteCount local_offset = 0;
  ByteCount central_offset = 0;

  zip::Entry record() const { return {name, method, content.crc32, content.size, stored_size, modified, local_offset}; }
};

// A manifest's bytes, read where they lie: opening costs the same for one entry and for a million.
class ManifestView {
 public:
  // Code::corrupt when the bytes cannot be a manifest. The digest at the end is not checked: see check_manifest.
  static Result<ManifestView> open(Bytes bytes);

  std::uint64_t entry_count() const { return end_.entry_count; }
  ByteCount archive_length() const { return archive_length_; }
  const zip::EndOfArchive& end() const { return end_; }
  Seconds last_modified() const { return last_modified_; }

  Result<ManifestEntry> entry(std::uint64_t index) const;  // Code::corrupt where its name is not inside the manifest
  model::BlobId content_id(std::uint64_t index) const;
  ByteCount stored_size(std::uint64_t index) const;
  // The last entry whose local header begins at or before `offset`; there must be one entry at least.
  std::uint64_t find_by_local_offset(ByteCount offset) const;
  // The last entry whose central record begins at or before `offset`.
  std::uint64_t find_by_central_offset(ByteCount offset) const;

 private:
  ByteCount number(std::uint64_t index, std::size_t field) const;

  Bytes records_, names_;
  zip::EndOfArchive end_;
  ByteCount archive_length_ = 0;
  Seconds last_modified_{};
};

// The whole check: the digest, every entry's place and the length. Time by the entry.
Result<void> check_manifest(Bytes bytes);

}  // namespace dray::pipeline

// What the server says is in an artifact, and where.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "service/fetching/answers.h"

namespace dray::fetching {

struct ManifestEntry {
  std::string_view name;  // as the server says it; see check_extractable
  ByteRange data;         // in the artifact, which stores it as it is
  std::uint32_t crc32 = 0;
  Sha256 sha256;
  std::optional<Seconds> modified;

  bool is_directory() const { return name.ends_with('/'); }
};

// Empty entries first, then the others in the order of their data, which lie within the artifact and share no bytes.
// About 80 bytes an entry and its name.
class Manifest {
 public:
  std::string name;
  Identity artifact;

  std::size_t count() const { return records_.size(); }
  ManifestEntry entry(std::size_t index) const;
  // Whether the artifact is no archive but its only entry itself.
  bool is_bare() const;
  // The first entry whose data end after `offset`; count() if there is none.
  std::size_t find_by_offset(ByteCount offset) const;

 private:
  friend class ManifestReader;
  struct Record {
    ByteRange data;
    Sha256 sha256;
    std::int64_t modified;  // kUnknown: not said
    std::uint32_t crc32;
    std::uint32_t name_offset;
    std::uint16_t name_size;
  };
  static constexpr std::int64_t kUnknown = INT64_MIN;

  std::vector<Record> records_;
  std::string names_;  // one after another
};

// Reads the JSON of a manifest as it comes, without ever holding it. Members it does not know are skipped.
class ManifestReader {
 public:
  ManifestReader();
  ~ManifestReader();

  // Code::corrupt: not JSON, a value that is missing or makes no sense, entries beyond the artifact or on each other.
  Result<void> read(std::string_view piece);
  Result<Manifest> finish();  // once

 private:
  class Handler;
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// What extracting needs beyond that: every name is safe, none occurs twice, and none is both a file and a folder.
// Code::corrupt.
Result<void> check_names(const Manifest& manifest);

}  // namespace dray::fetching

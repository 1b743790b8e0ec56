// The records of a ZIP file as docs/format/zip.md sets them: stored or deflated entries whose sizes and CRC-32 are
// known beforehand, so that nothing follows the data and the same entry always makes the same bytes. APPNOTE 6.3.10.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

namespace dray::zip {

enum class Method : std::uint16_t { stored = 0, deflated = 8 };

// What the headers of one entry say.
struct Entry {
  std::string_view name;  // '/'-separated UTF-8, at most 65,535 bytes; a directory's ends in '/'
  Method method = Method::stored;
  std::uint32_t crc32 = 0;     // of the uncompressed bytes
  ByteCount size = 0;          // uncompressed
  ByteCount stored_size = 0;   // as it lies in the archive; equal to size when stored
  Seconds modified{};          // UTC
  ByteCount local_offset = 0;  // of the local header, from the archive's start

  bool is_directory() const { return name.ends_with('/'); }
};

// Each appends one record to `out`. The `_size` functions run the same code with a sink that only counts.
void append_local_header(const Entry& entry, std::string& out);
std::size_t local_header_size(const Entry& entry);
void append_central_record(const Entry& entry, std::string& out);
std::size_t central_record_size(const Entry& entry);

struct EndOfArchive {
  std::uint64_t entry_count = 0;
  ByteCount central_offset = 0;
  ByteCount central_size = 0;
};
// The Zip64 end record and locator where they are needed, then the end record.
void append_end_records(const EndOfArchive& end, std::string& out);
std::size_t end_records_size(const EndOfArchive& end);

}  // namespace dray::zip

// Reads a ZIP or ZIP64 archive back: its directory, whether its records agree with each other, and every entry's bytes.
// It trusts nothing: a hostile archive gets Code::corrupt with the place and the reason. Beside the entries, which are
// kept as they are met and never as they are claimed, it needs less than a megabyte. What may be in order but is not
// for us (encryption, several disks, methods other than stored and deflate) gets Code::invalid.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "lang/zip/records.h"

namespace dray::zip {

// Random access to the archive's bytes; `read_at` fills `into` as far as the archive goes and answers the number of
// bytes. Its errors are handed on as they are.
class Input {
 public:
  virtual ~Input() = default;
  virtual ByteCount size() const = 0;
  virtual Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const = 0;
};

struct ReadEntry {
  std::string name;  // as it stands there, UTF-8 only if `flags` say so; see check_entry_name
  Method method = Method::stored;
  std::uint16_t flags = 0;
  std::uint32_t crc32 = 0;
  ByteCount size = 0;
  ByteCount stored_size = 0;
  Seconds modified{};  // from the extended timestamp where there is one, else the DOS time taken as UTC
  ByteCount local_offset = 0;
  ByteCount data_offset = 0;  // set by check_local_header; 0 before

  bool is_directory() const { return name.ends_with('/'); }
};

struct Directory {
  std::vector<ReadEntry> entries;  // in the order of the central directory
  EndOfArchive end;
  bool zip64 = false;  // has a Zip64 end record
};

// The central directory. It must lie right before the end records, have as many entries as they say, and no two entries
// may share bytes. Whole archives only: nothing before the first entry is skipped, nothing follows the end record.
Result<Directory> read_directory(const Input& input);

// Reads the local header, compares name, method, flags, CRC-32 and sizes with the directory and sets `data_offset`.
// Where a data descriptor follows the data (never in our own archives), the local CRC-32 and sizes may be 0.
Result<void> check_local_header(const Input& input, ReadEntry& entry);

// Reads (and inflates) the entry's bytes, hands them to `sink` in order, then checks length and CRC-32; so what the
// sink got is good only when the answer is ok. The sink never gets more than `entry.size` bytes, whatever is packed
// inside. Calls check_local_header first. An error of the sink is handed on.
using Sink = std::function<Result<void>(Bytes)>;
Result<void> read_entry(const Input& input, ReadEntry& entry, const Sink& sink);

// For those who extract: whether `name` stays below the folder it is extracted to, on every platform. Code::invalid
// says why not: empty, absolute, with a drive letter, a "..", a backslash or a NUL. Reading a directory does not refuse
// it.
Result<void> check_entry_name(std::string_view name);

}  // namespace dray::zip

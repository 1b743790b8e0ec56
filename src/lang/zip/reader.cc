#include "lang/zip/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/text.h"
#include "lang/zip/constants.h"
#include "lang/zip/parsing.h"

namespace dray::zip {
namespace {

constexpr std::size_t kWindow = 256 * 1024;   // more than the longest central record: 46 + 3 * 65,535 bytes
constexpr std::size_t kReserveAtMost = 4096;  // entries; a claimed count must not cost memory before they were seen

// What the end records say, before anything is believed.
struct EndRecord {
  ByteCount offset = 0;  // its own
  std::uint32_t disk = 0, central_disk = 0;
  std::uint64_t count_here = 0, count = 0;
  ByteCount central_size = 0, central_offset = 0;

  bool has_marker() const {
    return disk == kMarker16 || central_disk == kMarker16 || count_here == kMarker16 || count == kMarker16 ||
           central_size == kMarker32 || central_offset == kMarker32;
  }
};

EndRecord parse_end(ByteCount offset, Bytes bytes) {
  Fields fields(bytes.subspan(4));
  EndRecord end;
  end.offset = offset;
  end.disk = fields.u16();
  end.central_disk = fields.u16();
  end.count_here = fields.u16();
  end.count = fields.u16();
  end.central_size = fields.u32();
  end.central_offset = fields.u32();
  return end;
}

// The last end record whose comment ends where the archive ends: a comment may hold the signature as well.
Result<EndRecord> find_end(const Input& input) {
  auto size = input.size();
  if (size < kEndSize) return damaged(0, "too short for a ZIP archive");
  auto length = std::min<ByteCount>(size, kEndSize + kMaxCommentSize);
  ASSIGN_OR_RETURN(auto tail, read_range(input, {size - length, length}));
  for (auto at = tail.size() - kEndSize;; --at) {
    auto bytes = Bytes(tail).subspan(at);
    if (Fields(bytes).u32() == kEndSignature && Fields(bytes.subspan(20)).u16() == bytes.size() - kEndSize) {
      return parse_end(size - length + at, bytes);
    }
    if (at == 0) return damaged(size, "no end record: not a ZIP archive, or cut short");
  }
}

// Where the locator before the end record says the Zip64 end record is; nullopt without a locator.
Result<std::optional<ByteCount>> read_zip64_locator(const Input& input, const EndRecord& end) {
  if (end.offset < kZip64EndSize + kZip64LocatorSize) return std::optional<ByteCount>();
  auto offset = end.offset - kZip64LocatorSize;
  ASSIGN_OR_RETURN(auto bytes, read_range(input, {offset, kZip64LocatorSize}));
  Fields fields(bytes);
  if (fields.u32() != kZip64LocatorSignature) return std::optional<ByteCount>();
  auto disk = fields.u32();
  auto target = fields.u64();
  auto disks = fields.u32();
  if (disk != 0 || disks > 1) return unsupported(offset, "it is spread over several disks");
  if (target > offset - kZip64EndSize) return damaged(offset, "the Zip64 locator points beyond its archive");
  return std::optional(target);
}

Result<std::optional<EndRecord>> read_zip64_end(const Input& input, const EndRecord& end) {
  ASSIGN_OR_RETURN(auto located, read_zip64_locator(input, end));
  if (!located) return std::optional<EndRecord>();
  auto offset = *located;
  ASSIGN_OR_RETURN(auto bytes, read_range(input, {offset, kZip64EndSize}));
  Fields fields(bytes);
  if (fields.u32() != kZip64EndSignature) return damaged(offset, "no Zip64 end record where the locator says");
  if (fields.u64() != end.offset - kZip64LocatorSize - offset - kZip64EndUncounted) {
    return damaged(offset, "the Zip64 end record does not reach to its locator");
  }
  fields.bytes(4);  // the versions: what matters is what the entries need
  EndRecord wide;
  wide.offset = offset;
  wide.disk = fields.u32();
  wide.central_disk = fields.u32();
  wide.count_here = fields.u64();
  wide.count = fields.u64();
  wide.central_size = fields.u64();
  wide.central_offset = fields.u64();
  return std::optional(wide);
}

// Each plain value is a marker or the same: two readers must not see two archives.
bool agree(const EndRecord& end, const EndRecord& wide) {
  auto same = [](std::uint64_t narrow, std::uint64_t value, std::uint64_t marker) {
    return narrow == marker || narrow == value;
  };
  return same(end.disk, wide.disk, kMarker16) && same(end.central_disk, wide.central_disk, kMarker16) &&
         same(end.count_here, wide.count_here, kMarker16) && same(end.count, wide.count, kMarker16) &&
         same(end.central_size, wide.central_size, kMarker32) &&
         same(end.central_offset, wide.central_offset, kMarker32);
}

struct FoundEnd {
  EndRecord record;
  bool zip64 = false;
};

// A marker without a locator is taken as the number it is (an old archive of exactly 65,535 entries); a locator without
// a marker counts only if all of it fits, for it may be the tail of the last entry's comment.
Result<FoundEnd> read_end(const Input& input) {
  ASSIGN_OR_RETURN(auto end, find_end(input));
  auto wide = read_zip64_end(input, end);
  if (!wide && end.has_marker()) return std::move(wide).error();
  if (!wide || !*wide) return FoundEnd{end, false};
  if (!agree(end, **wide)) return damaged(end.offset, "the end record and the Zip64 end record differ");
  return FoundEnd{**wide, true};
}

Result<void> check_end(const EndRecord& end) {
  if (end.disk != 0 || end.central_disk != 0 || end.count_here != end.count) {
    return unsupported(end.offset, "it is spread over several disks");
  }
  if (end.central_offset > end.offset || end.central_size != end.offset - end.central_offset) {
    return damaged(end.offset, "the central directory does not lie right before the end records");
  }
  if (end.count > end.central_size / kCentralRecordSize) {
    return damaged(end.offset, "more entries are claimed than the central directory has room for");
  }
  return ok();
}

// Shows the bytes of a range in order, a piece at a time, and keeps one window of them.
class Window {
 public:
  Window(const Input& input, ByteRange range) : input_(input), range_(range) {}

  ByteCount offset() const { return range_.offset; }
  ByteCount left() const { return range_.length; }

  // The next `length` bytes, at most kWindow; valid until the next call.
  Result<Bytes> peek(std::size_t length) {
    if (length > range_.length) return damaged(range_.offset, "the central directory ends in the middle of a record");
    if (length > kept_.size() - start_) {
      kept_.resize(std::min<ByteCount>(range_.length, kWindow));
      start_ = 0;
      RETURN_IF_ERROR(read_exactly(input_, range_.offset, kept_));
    }
    return Bytes(kept_).subspan(start_, length);
  }
  void skip(std::size_t length) {  // what was peeked at
    start_ += length;
    range_ = {range_.offset + length, range_.length - length};
  }

 private:
  const Input& input_;
  ByteRange range_;
  std::vector<std::byte> kept_;
  std::size_t start_ = 0;
};

Seconds parse_dos_time(std::uint32_t stamp) {
  using namespace std::chrono;
  auto bits = [&](int from, unsigned count) { return stamp >> from & ((1u << count) - 1); };
  auto date = year(static_cast<int>(1980 + bits(25, 7))) / month(bits(21, 4)) / day(bits(16, 5));
  if (!date.ok()) return sys_days{year{1980} / 1 / 1};  // many tools leave it zero
  return sys_days{date} + hours{bits(11, 5)} + minutes{bits(5, 6)} + seconds{2 * bits(0, 5)};
}

Result<void> check_flags(ByteCount offset, std::uint16_t flags) {
  if (flags & (kFlagEncrypted | kFlagStrongEncryption | kFlagMaskedHeaders)) {
    return unsupported(offset, "an entry is encrypted");
  }
  if (flags & kFlagPatch) return unsupported(offset, "an entry is a patch for another file");
  return ok();
}

Result<void> check_entry(ByteCount offset, const ReadEntry& entry, ByteCount central_offset) {
  RETURN_IF_ERROR(check_flags(offset, entry.flags));
  if (entry.method != Method::stored && entry.method != Method::deflated) {
    return unsupported(offset, fmt::format("compression method {}", static_cast<unsigned>(entry.method)));
  }
  if (entry.name.empty()) return damaged(offset, "an entry without a name");
  if ((entry.flags & kFlagUtf8) && !is_valid_utf8(entry.name)) {
    return damaged(offset, "a name is marked as UTF-8, but is not");
  }
  if (entry.method == Method::stored && entry.size != entry.stored_size) {
    return damaged(offset, "the two sizes of a stored entry differ");
  }
  auto header = kLocalHeaderSize + entry.name.size();
  if (entry.local_offset > central_offset || header > central_offset - entry.local_offset ||
      entry.stored_size > central_offset - entry.local_offset - header) {
    return damaged(offset, "an entry does not lie before the central directory");
  }
  return ok();
}

Result<ReadEntry> read_central_record(Window& window, ByteCount central_offset) {
  auto offset = window.offset();
  ASSIGN_OR_RETURN(auto head, window.peek(kCentralRecordSize));
  Fields fields(head);
  if (fields.u32() != kCentralSignature) return damaged(offset, "no entry of the central directory here");
  fields.bytes(4);  // versions: made by, needed
  ReadEntry entry;
  entry.flags = fields.u16();
  entry.method = static_cast<Method>(fields.u16());
  auto dos_time = fields.u32();
  entry.crc32 = fields.u32();
  entry.stored_size = fields.u32();
  entry.size = fields.u32();
  std::size_t name_size = fields.u16(), extra_size = fields.u16(), comment_size = fields.u16();
  auto disk = fields.u16();
  fields.bytes(6);  // attributes: internal, external
  entry.local_offset = fields.u32();

  auto length = kCentralRecordSize + name_size + extra_size + comment_size;
  ASSIGN_OR_RETURN(auto record, window.peek(length));
  entry.name = text_of(record.subspan(kCentralRecordSize, name_size));
  ASSIGN_OR_RETURN(auto extras, parse_extras(offset, record.subspan(kCentralRecordSize + name_size, extra_size)));
  RETURN_IF_ERROR(widen(offset, extras, {&entry.size, &entry.stored_size, &entry.local_offset}));
  if (disk != 0 && !(disk == kMarker16 && extras.zip64)) return unsupported(offset, "an entry lies on another disk");
  entry.modified = extras.modified.value_or(parse_dos_time(dos_time));
  RETURN_IF_ERROR(check_entry(offset, entry, central_offset));
  window.skip(length);
  return entry;
}

// Entries that share bytes are how a small archive unpacks to a huge one.
Result<void> check_overlaps(const std::vector<ReadEntry>& entries) {
  std::vector<const ReadEntry*> sorted;
  sorted.reserve(entries.size());
  for (const auto& entry : entries) sorted.push_back(&entry);
  auto earlier = [](const ReadEntry* a, const ReadEntry* b) { return a->local_offset < b->local_offset; };
  if (!std::is_sorted(sorted.begin(), sorted.end(), earlier)) std::sort(sorted.begin(), sorted.end(), earlier);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const auto& before = *sorted[i - 1];
    if (before.local_offset + kLocalHeaderSize + before.name.size() + before.stored_size > sorted[i]->local_offset) {
      return damaged(sorted[i]->local_offset, "two entries share bytes");
    }
  }
  return ok();
}

}  // namespace

Result<Directory> read_directory(const Input& input) {
  ASSIGN_OR_RETURN(auto end, read_end(input));
  const auto& record = end.record;
  RETURN_IF_ERROR(check_end(record));
  Directory directory{{}, {record.count, record.central_offset, record.central_size}, end.zip64};
  directory.entries.reserve(std::min<std::uint64_t>(record.count, kReserveAtMost));
  Window window(input, {record.central_offset, record.central_size});
  for (std::uint64_t i = 0; i < record.count; ++i) {
    ASSIGN_OR_RETURN(auto entry, read_central_record(window, record.central_offset));
    directory.entries.push_back(std::move(entry));
  }
  if (window.left() != 0) return damaged(window.offset(), "the central directory has more entries than are claimed");
  RETURN_IF_ERROR(check_overlaps(directory.entries));
  return directory;
}

Result<void> check_entry_name(std::string_view name) {
  auto refuse = [](std::string_view why) { return Error{Code::invalid, fmt::format("unsafe entry name: {}", why)}; };
  if (name.empty()) return refuse("it is empty");
  if (name.front() == '/') return refuse("it is absolute");
  if (name.find('\0') != std::string_view::npos) return refuse("it holds a NUL");
  if (name.find('\\') != std::string_view::npos) return refuse("it holds a backslash");
  if (name.size() > 1 && name[1] == ':') return refuse("it begins with a drive letter");
  for (auto segment : split(name, '/')) {
    if (segment == "..") return refuse("it leaves its folder with \"..\"");
  }
  return ok();
}

}  // namespace dray::zip

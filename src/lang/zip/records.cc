#include "lang/zip/records.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstring>
#include <limits>

#include "lang/zip/constants.h"

namespace dray::zip {
namespace {

// Little-endian fields in a small buffer on the stack: a string is appended to once per record, not once per byte.
template <std::size_t Capacity>
class Fields {
 public:
  void u8(std::uint8_t value) { put(value); }
  void u16(std::uint16_t value) { put(value); }
  void u32(std::uint32_t value) { put(value); }
  void u64(std::uint64_t value) { put(value); }
  std::uint16_t size() const { return static_cast<std::uint16_t>(size_); }
  std::string_view text() const { return {bytes_, size_}; }

 private:
  template <typename T>
  void put(T value) {
    assert(size_ + sizeof value <= Capacity);
    for (std::size_t i = 0; i < sizeof value; ++i) bytes_[size_ + i] = static_cast<char>(value >> (8 * i));
    size_ += sizeof value;
  }
  char bytes_[Capacity];
  std::size_t size_ = 0;
};

// Where a record goes: every record is written by one function, so a length cannot differ from what is written.
struct Appender {
  std::string& out;
  void add(std::string_view bytes) { out.append(bytes); }
};
struct Counter {
  std::size_t count = 0;
  void add(std::string_view bytes) { count += bytes.size(); }
};

bool fits32(std::uint64_t value) { return value < kMarker32; }
bool fits16(std::uint64_t value) { return value < kMarker16; }
std::uint32_t or_marker32(std::uint64_t value) { return fits32(value) ? static_cast<std::uint32_t>(value) : kMarker32; }
std::uint16_t or_marker16(std::uint64_t value) { return fits16(value) ? static_cast<std::uint16_t>(value) : kMarker16; }

bool has_wide_size(const Entry& entry) { return !fits32(entry.size) || !fits32(entry.stored_size); }
bool has_zip64(const Entry& entry) { return has_wide_size(entry) || !fits32(entry.local_offset); }

std::uint16_t version_needed(const Entry& entry) {
  if (has_zip64(entry)) return kVersionZip64;
  return entry.is_directory() || entry.method == Method::deflated ? kVersionFolderOrDeflate : kVersionPlain;
}

// Eight bytes at a time: a name is looked at for every header of every stream.
bool is_plain(std::string_view name) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::uint64_t seen = 0, word = 0;
  for (; name.size() >= sizeof word; name.remove_prefix(sizeof word)) {
    std::memcpy(&word, name.data(), sizeof word);
    seen |= word;
  }
  for (char c : name) seen |= static_cast<unsigned char>(c);
  return (seen & kHighBits) == 0;
}

// 4.4.6: date in the high half, time in the low one; it begins in 1980, ends in 2107 and counts in steps of two
// seconds.
std::uint32_t dos_time(Seconds time) {
  using namespace std::chrono;
  constexpr Seconds kFirst = sys_days{year{1980} / 1 / 1};
  constexpr Seconds kLast = sys_days{year{2107} / 12 / 31} + hours{23} + minutes{59} + seconds{58};
  time = std::clamp(time, kFirst, kLast);
  auto day = floor<days>(time);
  year_month_day date{day};
  auto second = static_cast<std::uint32_t>((time - day).count());
  auto years = static_cast<std::uint32_t>(static_cast<int>(date.year()) - 1980);
  return years << 25 | static_cast<unsigned>(date.month()) << 21 | static_cast<unsigned>(date.day()) << 16 |
         second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2;
}

// The same nine bytes in both headers. A time beyond 32 bits has no form here; readers then take the DOS time.
template <std::size_t Capacity>
void put_timestamp(Seconds modified, Fields<Capacity>& extra) {
  auto time = modified.time_since_epoch().count();
  using Range = std::numeric_limits<std::int32_t>;
  if (time < Range::min() || time > Range::max()) return;
  extra.u16(kTimestampExtra);
  extra.u16(kTimestampSize);
  extra.u8(kTimestampModified);
  extra.u32(static_cast<std::uint32_t>(time));
}

// The run of fields that the local header and the central record have in common.
template <std::size_t Capacity>
void put_shared(const Entry& entry, std::uint32_t stored_size, std::uint32_t size, std::uint16_t extra_size,
                Fields<Capacity>& head) {
  assert(entry.name.size() <= kMaxNameSize);
  head.u16(version_needed(entry));
  head.u16(is_plain(entry.name) ? 0 : kFlagUtf8);
  head.u16(static_cast<std::uint16_t>(entry.method));
  head.u32(dos_time(entry.modified));
  head.u32(entry.crc32);
  head.u32(stored_size);
  head.u32(size);
  head.u16(static_cast<std::uint16_t>(entry.name.size()));
  head.u16(extra_size);
}

template <typename Sink>
void write_local_header(const Entry& entry, Sink& sink) {
  bool wide = has_wide_size(entry);
  Fields<kExtraHeaderSize + 16 + kExtraHeaderSize + kTimestampSize> extra;
  if (wide) {  // 4.5.3: in the local header both sizes, even if only one does not fit
    extra.u16(kZip64Extra);
    extra.u16(16);
    extra.u64(entry.size);
    extra.u64(entry.stored_size);
  }
  put_timestamp(entry.modified, extra);

  Fields<kLocalHeaderSize> head;
  head.u32(kLocalSignature);
  auto narrow = [&](ByteCount size) { return wide ? kMarker32 : static_cast<std::uint32_t>(size); };
  put_shared(entry, narrow(entry.stored_size), narrow(entry.size), extra.size(), head);
  sink.add(head.text());
  sink.add(entry.name);
  sink.add(extra.text());
}

// 4.5.3: just the values whose plain field is a marker, in this order.
template <std::size_t Capacity>
void put_central_zip64(const Entry& entry, Fields<Capacity>& extra) {
  if (!has_zip64(entry)) return;
  const ByteCount values[] = {entry.size, entry.stored_size, entry.local_offset};
  auto count = std::count_if(std::begin(values), std::end(values), [](ByteCount value) { return !fits32(value); });
  extra.u16(kZip64Extra);
  extra.u16(static_cast<std::uint16_t>(count * 8));
  for (auto value : values) {
    if (!fits32(value)) extra.u64(value);
  }
}

template <typename Sink>
void write_central_record(const Entry& entry, Sink& sink) {
  Fields<kExtraHeaderSize + 24 + kExtraHeaderSize + kTimestampSize> extra;
  put_central_zip64(entry, extra);
  put_timestamp(entry.modified, extra);

  Fields<kCentralRecordSize> head;
  head.u32(kCentralSignature);
  head.u16(kMadeBy);
  put_shared(entry, or_marker32(entry.stored_size), or_marker32(entry.size), extra.size(), head);
  head.u16(0);  // length of the comment
  head.u16(0);  // disk
  head.u16(0);  // internal attributes: nothing is said about text
  head.u32(entry.is_directory() ? kFolderAttributes : kFileAttributes);
  head.u32(or_marker32(entry.local_offset));
  sink.add(head.text());
  sink.add(entry.name);
  sink.add(extra.text());
}

template <std::size_t Capacity>
void put_zip64_end(const EndOfArchive& end, Fields<Capacity>& fields) {
  fields.u32(kZip64EndSignature);
  fields.u64(kZip64EndSize - kZip64EndUncounted);
  fields.u16(kMadeBy);
  fields.u16(kVersionZip64);
  fields.u32(0);  // this disk
  fields.u32(0);  // the disk where the directory begins
  fields.u64(end.entry_count);
  fields.u64(end.entry_count);
  fields.u64(end.central_size);
  fields.u64(end.central_offset);

  fields.u32(kZip64LocatorSignature);
  fields.u32(0);
  fields.u64(end.central_offset + end.central_size);  // where the record above begins
  fields.u32(1);                                      // disks in all
}

template <typename Sink>
void write_end_records(const EndOfArchive& end, Sink& sink) {
  Fields<kZip64EndSize + kZip64LocatorSize + kEndSize> fields;
  if (!fits16(end.entry_count) || !fits32(end.central_size) || !fits32(end.central_offset)) put_zip64_end(end, fields);
  fields.u32(kEndSignature);
  fields.u16(0);  // this disk
  fields.u16(0);  // the disk where the directory begins
  fields.u16(or_marker16(end.entry_count));
  fields.u16(or_marker16(end.entry_count));
  fields.u32(or_marker32(end.central_size));
  fields.u32(or_marker32(end.central_offset));
  fields.u16(0);  // length of the comment
  sink.add(fields.text());
}

}  // namespace

void append_local_header(const Entry& entry, std::string& out) {
  Appender sink{out};
  write_local_header(entry, sink);
}

std::size_t local_header_size(const Entry& entry) {
  Counter sink;
  write_local_header(entry, sink);
  return sink.count;
}

void append_central_record(const Entry& entry, std::string& out) {
  Appender sink{out};
  write_central_record(entry, sink);
}

std::size_t central_record_size(const Entry& entry) {
  Counter sink;
  write_central_record(entry, sink);
  return sink.count;
}

void append_end_records(const EndOfArchive& end, std::string& out) {
  Appender sink{out};
  write_end_records(end, sink);
}

std::size_t end_records_size(const EndOfArchive& end) {
  Counter sink;
  write_end_records(end, sink);
  return sink.count;
}

}  // namespace dray::zip

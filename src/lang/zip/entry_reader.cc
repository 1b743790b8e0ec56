// One entry: its local header and its bytes.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "base/digest.h"
#include "lang/zip/constants.h"
#include "lang/zip/parsing.h"
#include "lang/zip/reader.h"

namespace dray::zip {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

// A value of the local header may be 0 where a data descriptor follows that says it.
bool repeats(std::uint64_t local, std::uint64_t central, std::uint16_t flags) {
  return local == central || (local == 0 && (flags & kFlagDataDescriptor));
}

Result<void> compare_local_header(const ReadEntry& entry, Bytes head, Bytes name, Bytes extra) {
  auto differs = [&](std::string_view what) {
    return damaged(entry.local_offset, fmt::format("the local header has another {} than the directory", what));
  };
  Fields fields(head);
  fields.bytes(6);  // signature, version needed
  if (fields.u16() != entry.flags) return differs("set of flags");
  if (fields.u16() != static_cast<std::uint16_t>(entry.method)) return differs("method");
  fields.bytes(4);  // the time: tools disagree with themselves about it, and nothing depends on it
  auto crc = fields.u32();
  ByteCount stored_size = fields.u32(), size = fields.u32();
  ASSIGN_OR_RETURN(auto extras, parse_extras(entry.local_offset, extra));
  RETURN_IF_ERROR(widen(entry.local_offset, extras, {&size, &stored_size}));
  if (text_of(name) != entry.name) return differs("name");
  if (!repeats(crc, entry.crc32, entry.flags)) return differs("CRC-32");
  if (!repeats(size, entry.size, entry.flags)) return differs("size");
  if (!repeats(stored_size, entry.stored_size, entry.flags)) return differs("stored size");
  return ok();
}

// Between the unpacking and the sink: counts, and never lets more pass than the directory says.
class Outlet {
 public:
  Outlet(const ReadEntry& entry, const Sink& sink) : entry_(entry), sink_(sink) {}

  ByteCount room() const { return entry_.size - done_; }

  Result<void> put(Bytes bytes) {
    if (bytes.size() > room()) return damaged(entry_.data_offset, "an entry holds more bytes than it says");
    done_ += bytes.size();
    crc_ = crc32_of(bytes, crc_);
    return bytes.empty() ? ok() : sink_(bytes);
  }
  Result<void> finish() const {
    if (room() != 0) return damaged(entry_.data_offset, "an entry holds fewer bytes than it says");
    if (crc_ != entry_.crc32) return damaged(entry_.data_offset, "the CRC-32 of an entry is wrong");
    return ok();
  }

 private:
  const ReadEntry& entry_;
  const Sink& sink_;
  ByteCount done_ = 0;
  std::uint32_t crc_ = 0;
};

// Calls `use` with the entry's bytes as they lie in the archive.
template <typename Use>
Result<void> for_each_chunk(const Input& input, const ReadEntry& entry, Use use) {
  std::vector<std::byte> chunk(std::min<ByteCount>(kChunk, entry.stored_size));
  for (ByteCount done = 0; done < entry.stored_size; done += chunk.size()) {
    chunk.resize(std::min<ByteCount>(kChunk, entry.stored_size - done));
    RETURN_IF_ERROR(read_exactly(input, entry.data_offset + done, chunk));
    RETURN_IF_ERROR(use(Bytes(chunk)));
  }
  return ok();
}

// Raw deflate: no zlib header, no trailer.
class Inflater {
 public:
  explicit Inflater(const ReadEntry& entry) : entry_(entry), unpacked_(kChunk) {
    [[maybe_unused]] int done = inflateInit2(&stream_, -MAX_WBITS);
    assert(done == Z_OK);
  }
  Inflater(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  Result<void> inflate_to(Outlet& outlet, Bytes packed) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    do {
      if (ended_) return damaged(entry_.data_offset, "bytes after the end of a deflated entry");
      ASSIGN_OR_RETURN(auto bytes, step(outlet.room()));
      RETURN_IF_ERROR(outlet.put(bytes));
    } while (stream_.avail_in > 0 || (stream_.avail_out == 0 && !ended_));
    return ok();
  }
  Result<void> finish() const {
    if (!ended_) return damaged(entry_.data_offset, "a deflated entry breaks off");
    return ok();
  }

 private:
  // One byte more than there is room for, so that a bomb shows itself by it.
  Result<Bytes> step(ByteCount room) {
    auto limit = static_cast<std::size_t>(std::min<ByteCount>(room, unpacked_.size() - 1)) + 1;
    stream_.next_out = reinterpret_cast<Bytef*>(unpacked_.data());
    stream_.avail_out = static_cast<uInt>(limit);
    int state = inflate(&stream_, Z_NO_FLUSH);
    if (state == Z_STREAM_END)
      ended_ = true;
    else if (state != Z_OK && state != Z_BUF_ERROR)
      return damaged(entry_.data_offset, "a deflated entry is not deflate");
    return Bytes(unpacked_).first(limit - stream_.avail_out);
  }
  const ReadEntry& entry_;
  z_stream stream_{};
  std::vector<std::byte> unpacked_;
  bool ended_ = false;
};

Result<void> unpack(const Input& input, const ReadEntry& entry, Outlet& outlet) {
  if (entry.method == Method::stored) {
    return for_each_chunk(input, entry, [&](Bytes bytes) { return outlet.put(bytes); });
  }
  Inflater inflater(entry);
  RETURN_IF_ERROR(for_each_chunk(input, entry, [&](Bytes bytes) { return inflater.inflate_to(outlet, bytes); }));
  return inflater.finish();
}

}  // namespace

Result<void> check_local_header(const Input& input, ReadEntry& entry) {
  ASSIGN_OR_RETURN(auto head, read_range(input, {entry.local_offset, kLocalHeaderSize}));
  if (Fields(head).u32() != kLocalSignature) return damaged(entry.local_offset, "no local header here");
  Fields lengths(Bytes(head).last(4));
  std::size_t name_size = lengths.u16(), extra_size = lengths.u16();
  ASSIGN_OR_RETURN(auto rest, read_range(input, {entry.local_offset + kLocalHeaderSize, name_size + extra_size}));
  Fields fields(rest);
  auto name = fields.bytes(name_size), extra = fields.bytes(extra_size);
  RETURN_IF_ERROR(compare_local_header(entry, head, name, extra));
  auto data_offset = entry.local_offset + kLocalHeaderSize + rest.size();
  if (data_offset > input.size() || entry.stored_size > input.size() - data_offset) {
    return damaged(entry.local_offset, "an entry reaches beyond the end of the archive");
  }
  entry.data_offset = data_offset;
  return ok();
}

Result<void> read_entry(const Input& input, ReadEntry& entry, const Sink& sink) {
  RETURN_IF_ERROR(check_local_header(input, entry));
  Outlet outlet(entry, sink);
  RETURN_IF_ERROR(unpack(input, entry, outlet));
  return outlet.finish();
}

}  // namespace dray::zip

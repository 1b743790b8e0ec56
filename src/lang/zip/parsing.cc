#include "lang/zip/parsing.h"

#include <fmt/format.h>

#include <chrono>

#include "lang/zip/constants.h"

namespace dray::zip {

Error damaged(ByteCount offset, std::string_view what) {
  return {Code::corrupt, fmt::format("damaged ZIP archive, offset {}: {}", offset, what)};
}
Error unsupported(ByteCount offset, std::string_view what) {
  return {Code::invalid, fmt::format("ZIP archive not supported, offset {}: {}", offset, what)};
}

Result<void> read_exactly(const Input& input, ByteCount offset, MutableBytes into) {
  ASSIGN_OR_RETURN(auto got, input.read_at(offset, into));
  if (got != into.size()) return damaged(offset + got, "the archive ends here, in the middle of a record");
  return ok();
}

Result<std::vector<std::byte>> read_range(const Input& input, ByteRange range) {
  std::vector<std::byte> bytes(range.length);
  RETURN_IF_ERROR(read_exactly(input, range.offset, bytes));
  return bytes;
}

Result<Extras> parse_extras(ByteCount offset, Bytes bytes) {
  Extras extras;
  Fields fields(bytes);
  while (fields.left() >= kExtraHeaderSize) {
    auto id = fields.u16();
    auto length = fields.u16();
    if (length > fields.left()) return damaged(offset, "an extra field is longer than the extra fields together");
    auto value = fields.bytes(length);
    if (id == kZip64Extra) {
      if (extras.zip64) return damaged(offset, "two Zip64 extra fields");
      extras.zip64 = value;
    } else if (id == kTimestampExtra && length >= kTimestampSize) {
      Fields times(value);
      if (times.u8() & kTimestampModified) {
        extras.modified = Seconds(std::chrono::seconds(static_cast<std::int32_t>(times.u32())));
      }
    }
  }
  for (auto byte : fields.bytes(fields.left())) {  // some tools align data with up to three zeros
    if (byte != std::byte{}) return damaged(offset, "bytes after the last extra field");
  }
  return extras;
}

Result<void> widen(ByteCount offset, const Extras& extras, std::initializer_list<ByteCount*> values) {
  if (!extras.zip64) return ok();
  Fields fields(*extras.zip64);
  for (auto value : values) {
    if (*value != kMarker32) continue;
    if (fields.left() < sizeof *value) return damaged(offset, "the Zip64 extra field is too short");
    *value = fields.u64();
  }
  return ok();
}

}  // namespace dray::zip

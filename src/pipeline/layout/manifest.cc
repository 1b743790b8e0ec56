#include "pipeline/layout/manifest.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "base/digest.h"

namespace dray::pipeline {
namespace {

static_assert(std::endian::native == std::endian::little, "the manifest is read where it lies, in its own byte order");

// The header: magic, then numbers of 8 bytes, little-endian. Offsets of its fields:
constexpr std::string_view kMagic = "DRAYMAN1";
constexpr std::size_t kVersion = 8, kRecordSizeField = 16, kEntryCount = 24, kArchiveLength = 32, kCentralOffset = 40,
                      kCentralSize = 48, kLastModified = 56, kNamesOffset = 64, kNamesSize = 72, kHeaderSize = 96;
constexpr ByteCount kCurrentVersion = 1;

// One record. Offsets of its fields:
constexpr std::size_t kId = 0, kSize = 32, kStoredSize = 40, kCrc = 48, kMethod = 52, kModified = 56, kNameOffset = 64,
                      kNameLength = 72, kLocalOffset = 80, kEntryCentral = 88, kRecordSize = 96;
constexpr std::size_t kDigestSize = 32;

void put(std::string& out, std::size_t at, std::uint64_t value, std::size_t bytes = 8) {
  std::memcpy(out.data() + at, &value, bytes);
}

std::uint64_t number_at(Bytes bytes, std::size_t at, std::size_t size = 8) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, size);
  return value;
}

Error corrupt(std::string what) { return {Code::corrupt, "a manifest is damaged: " + std::move(what)}; }

}  // namespace

std::string format_manifest(const Layout& layout) {
  ByteCount names_size = 0;
  for (const auto& entry : layout.entries) names_size += entry.name.size();
  const auto names_offset = kHeaderSize + layout.entries.size() * kRecordSize;
  std::string out(names_offset + names_size + kDigestSize, '\0');
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  put(out, kVersion, kCurrentVersion);
  put(out, kRecordSizeField, kRecordSize);
  put(out, kEntryCount, layout.entries.size());
  put(out, kArchiveLength, layout.length);
  put(out, kCentralOffset, layout.end.central_offset);
  put(out, kCentralSize, layout.end.central_size);
  put(out, kLastModified, static_cast<std::uint64_t>(layout.last_modified.time_since_epoch().count()));
  put(out, kNamesOffset, names_offset);
  put(out, kNamesSize, names_size);
  auto at = kHeaderSize;
  ByteCount name_at = 0;
  for (const auto& entry : layout.entries) {
    std::memcpy(out.data() + at + kId, entry.content.id.bytes.data(), 32);
    put(out, at + kSize, entry.content.size);
    put(out, at + kStoredSize, entry.content.size);
    put(out, at + kCrc, entry.content.crc32, 4);
    put(out, at + kMethod, static_cast<std::uint64_t>(zip::Method::stored), 2);
    put(out, at + kModified, static_cast<std::uint64_t>(entry.modified.time_since_epoch().count()));
    put(out, at + kNameOffset, name_at);
    put(out, at + kNameLength, entry.name.size());
    put(out, at + kLocalOffset, entry.local_offset);
    put(out, at + kEntryCentral, entry.central_offset);
    std::memcpy(out.data() + names_offset + name_at, entry.name.data(), entry.name.size());
    name_at += entry.name.size();
    at += kRecordSize;
  }
  auto digest = sha256_of(bytes_of(out).first(out.size() - kDigestSize));
  std::memcpy(out.data() + out.size() - kDigestSize, digest.bytes.data(), kDigestSize);
  return out;
}

Result<ManifestView> ManifestView::open(Bytes bytes) {
  if (bytes.size() < kHeaderSize + kDigestSize || !text_of(bytes).starts_with(kMagic))
    return corrupt("it does not begin like one");
  if (number_at(bytes, kVersion) != kCurrentVersion || number_at(bytes, kRecordSizeField) != kRecordSize) {
    return corrupt(fmt::format("version {} is not known", number_at(bytes, kVersion)));
  }
  ManifestView view;
  view.end_ = {number_at(bytes, kEntryCount), number_at(bytes, kCentralOffset), number_at(bytes, kCentralSize)};
  view.archive_length_ = number_at(bytes, kArchiveLength);
  view.last_modified_ = Seconds(std::chrono::seconds(static_cast<std::int64_t>(number_at(bytes, kLastModified))));
  auto room = bytes.size() - kHeaderSize - kDigestSize;
  if (view.end_.entry_count > room / kRecordSize) return corrupt("it is too short for its entries");
  auto records_size = view.end_.entry_count * kRecordSize;
  auto names_size = number_at(bytes, kNamesSize);
  if (number_at(bytes, kNamesOffset) != kHeaderSize + records_size || names_size != room - records_size) {
    return corrupt("its names are not where they should be");
  }
  if (view.end_.central_offset > view.archive_length_ ||
      view.end_.central_size > view.archive_length_ - view.end_.central_offset) {
    return corrupt("its directory lies outside the archive");
  }
  view.records_ = bytes.subspan(kHeaderSize, records_size);
  view.names_ = bytes.subspan(kHeaderSize + records_size, names_size);
  return view;
}

ByteCount ManifestView::number(std::uint64_t index, std::size_t field) const {
  return number_at(records_, index * kRecordSize + field);
}

model::BlobId ManifestView::content_id(std::uint64_t index) const {
  model::BlobId id;
  std::memcpy(id.bytes.data(), records_.data() + index * kRecordSize + kId, id.bytes.size());
  return id;
}

ByteCount ManifestView::stored_size(std::uint64_t index) const { return number(index, kStoredSize); }

Result<ManifestEntry> ManifestView::entry(std::uint64_t index) const {
  auto record = records_.subspan(index * kRecordSize, kRecordSize);
  auto name_offset = number_at(record, kNameOffset), name_length = number_at(record, kNameLength);
  if (name_offset > names_.size() || name_length > names_.size() - name_offset || name_length > 0xFFFF) {
    return corrupt(fmt::format("the name of entry {} lies outside", index));
  }
  ManifestEntry entry;
  entry.name = text_of(names_.subspan(name_offset, name_length));
  std::memcpy(entry.content.id.bytes.data(), record.data() + kId, 32);
  entry.content.size = number_at(record, kSize);
  entry.content.crc32 = static_cast<std::uint32_t>(number_at(record, kCrc, 4));
  entry.method = static_cast<zip::Method>(number_at(record, kMethod, 2));
  entry.stored_size = number_at(record, kStoredSize);
  entry.modified = Seconds(std::chrono::seconds(static_cast<std::int64_t>(number_at(record, kModified))));
  entry.local_offset = number_at(record, kLocalOffset);
  entry.central_offset = number_at(record, kEntryCentral);
  return entry;
}

namespace {
template <typename OffsetOf>
std::uint64_t find_last(std::uint64_t count, ByteCount offset, OffsetOf offset_of) {
  std::uint64_t low = 0, high = count;
  while (high - low > 1) {
    auto middle = low + (high - low) / 2;
    (offset_of(middle) <= offset ? low : high) = middle;
  }
  return low;
}
}  // namespace

std::uint64_t ManifestView::find_by_local_offset(ByteCount offset) const {
  return find_last(entry_count(), offset, [&](std::uint64_t i) { return number(i, kLocalOffset); });
}

std::uint64_t ManifestView::find_by_central_offset(ByteCount offset) const {
  return find_last(entry_count(), offset, [&](std::uint64_t i) { return number(i, kEntryCentral); });
}

Result<void> check_manifest(Bytes bytes) {
  ASSIGN_OR_RETURN(auto view, ManifestView::open(bytes));
  auto digest = sha256_of(bytes.first(bytes.size() - kDigestSize));
  if (std::memcmp(digest.bytes.data(), bytes.data() + bytes.size() - kDigestSize, kDigestSize) != 0)
    return corrupt("its digest is wrong");
  ByteCount local = 0, central = view.end().central_offset;
  for (std::uint64_t i = 0; i < view.entry_count(); ++i) {
    ASSIGN_OR_RETURN(auto entry, view.entry(i));
    if (entry.local_offset != local || entry.central_offset != central)
      return corrupt(fmt::format("entry {} is misplaced", i));
    local += zip::local_header_size(entry.record()) + entry.stored_size;
    central += zip::central_record_size(entry.record());
  }
  if (local != view.end().central_offset || central != local + view.end().central_size ||
      central + zip::end_records_size(view.end()) != view.archive_length()) {
    return corrupt("its length is wrong");
  }
  return ok();
}

}  // namespace dray::pipeline

#include "adapters/files/pack.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"

namespace dray::files {
namespace {

// One record of NAME.idx, little-endian: id, offset, size, CRC-32, zero, CRC-32 of the record's first 52 bytes.
constexpr std::size_t kRecordSize = 56;
constexpr std::size_t kCheckedSize = 52;

// Of addresses, for each pack. The pack may grow into it, and past kPackSize by what is written at the same time.
constexpr ByteCount kMappedSize = kPackSize + 64 * 1024 * 1024;

void put_number(std::byte*& at, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) *at++ = static_cast<std::byte>(value >> (8 * i));
}

std::uint64_t number_at(const std::byte* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

void append_record(std::vector<std::byte>& out, const PackedBlob& packed) {
  out.resize(out.size() + kRecordSize);
  auto* start = out.data() + out.size() - kRecordSize;
  auto* at = start;
  at = std::copy(packed.blob.id.bytes.begin(), packed.blob.id.bytes.end(), at);
  put_number(at, packed.offset, 8);
  put_number(at, packed.blob.size, 4);
  put_number(at, packed.blob.crc32, 4);
  put_number(at, 0, 4);
  put_number(at, crc32_of(Bytes(start, kCheckedSize)), 4);
}

// nullopt where the record is torn: the process died while writing it, and its blob was never promised.
std::optional<PackedBlob> parse_record(const std::byte* at) {
  if (number_at(at + kCheckedSize, 4) != crc32_of(Bytes(at, kCheckedSize))) return std::nullopt;
  PackedBlob packed;
  std::copy_n(at, 32, packed.blob.id.bytes.begin());
  packed.offset = number_at(at + 32, 8);
  packed.blob.size = number_at(at + 40, 4);
  packed.blob.crc32 = static_cast<std::uint32_t>(number_at(at + 44, 4));
  return packed;
}

ByteCount file_size(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 ? static_cast<ByteCount>(status.st_size) : 0;
}

// After a failure, so that a full disk gets its room back.
void cut_back(const UniqueFd& fd, ByteCount size) {
  [[maybe_unused]] int done = ::ftruncate(fd.get(), static_cast<off_t>(size));
}

std::vector<std::string> pack_names(const std::string& directory) {
  std::vector<std::string> names;
  if (auto* folder = ::opendir(directory.c_str())) {
    while (auto* entry = ::readdir(folder)) {
      std::string_view name = entry->d_name;
      if (name.ends_with(".idx")) names.emplace_back(name.substr(0, name.size() - 4));
    }
    ::closedir(folder);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

// Where there is no room for a mapping, the pack is read without one.
PackFile::PackFile(std::string name, UniqueFd fd)
    : name_(std::move(name)),
      fd_(std::move(fd)),
      mapping_(::mmap(nullptr, kMappedSize, PROT_READ, MAP_SHARED, fd_.get(), 0)) {}

PackFile::~PackFile() {
  if (mapping_ != MAP_FAILED) ::munmap(const_cast<void*>(mapping_), kMappedSize);
}

const std::byte* PackFile::mapped(ByteCount offset, ByteCount length) const {
  if (mapping_ == MAP_FAILED || offset + length > kMappedSize) return nullptr;
  return static_cast<const std::byte*>(mapping_) + offset;
}

Result<std::unique_ptr<PackSet>> PackSet::open(const std::string& directory) {
  RETURN_IF_ERROR(make_directories(directory));
  std::unique_ptr<PackSet> set(new PackSet(directory));
  RETURN_IF_ERROR(set->refresh());
  return set;
}

Result<void> PackSet::refresh() const {
  auto names = pack_names(directory_);
  std::unique_lock lock(mutex_);
  for (const auto& name : names) {
    auto known =
        std::find_if(packs_.begin(), packs_.end(), [&](const auto& pack) { return pack.file->name() == name; });
    if (known == packs_.end()) {
      auto fd = open_file(directory_ + "/" + name + ".pack", O_RDONLY);
      if (!fd && fd.error().code == Code::not_found) {
        log::warn("{}; the blobs that {}.idx names are lost", fd.error().message, name);
        continue;
      }
      if (!fd) return std::move(fd).error();
      packs_.push_back({std::make_shared<const PackFile>(name, *std::move(fd)), 0, 0, {}});
      known = packs_.end() - 1;
    }
    RETURN_IF_ERROR(load(*known, static_cast<std::uint32_t>(known - packs_.begin())));
  }
  return ok();
}

// A damaged record hides only itself. Those at the end are looked at again next time: they may be torn, or being
// written right now.
Result<void> PackSet::load(Loaded& pack, std::uint32_t number) const {
  auto name = directory_ + "/" + pack.file->name() + ".idx";
  ASSIGN_OR_RETURN(auto fd, open_file(name, O_RDONLY));
  std::vector<std::byte> buffer(kRecordSize * 4096);
  for (auto position = pack.index_bytes;;) {
    ASSIGN_OR_RETURN(auto got, read_at(fd.get(), position, buffer, name));
    for (std::size_t at = 0; at + kRecordSize <= got; at += kRecordSize) {
      position += kRecordSize;
      auto packed = parse_record(buffer.data() + at);
      if (!packed) continue;
      pack.records.push_back({packed->blob.id, static_cast<std::uint32_t>(packed->offset),
                              static_cast<std::uint32_t>(packed->blob.size), packed->blob.crc32});
      places_.insert(Place{number, static_cast<std::uint32_t>(pack.records.size() - 1)});
      pack.index_bytes = position;
    }
    if (got < buffer.size()) return ok();
  }
}

PackPlace PackSet::place_of(Place place) const {
  const auto& pack = packs_[place.pack];
  const auto& record = pack.records[place.record];
  return {pack.file, record.offset, record.size, record.crc32};
}

// Blobs that were stored one after another are mostly read so: the record behind the last one found is looked at first,
// which costs no jump through memory.
std::optional<PackPlace> PackSet::look_up(const model::BlobId& id) const {
  struct Last {
    const PackSet* set = nullptr;
    Place place;
  };
  static thread_local Last last;
  if (last.set == this && last.place.pack < packs_.size()) {
    const auto& records = packs_[last.place.pack].records;
    auto next = last.place.record + 1;
    if (next < records.size() && records[next].id == id) {
      last.place.record = next;
      return place_of(last.place);
    }
  }
  auto found = places_.find(id);
  if (found == places_.end()) return std::nullopt;
  last = {this, *found};
  return place_of(*found);
}

std::optional<PackPlace> PackSet::find_known(const model::BlobId& id) const {
  std::shared_lock lock(mutex_);
  return look_up(id);
}

std::optional<PackPlace> PackSet::find(const model::BlobId& id) const {
  if (auto place = find_known(id)) return place;
  if (auto done = refresh(); !done) log::warn("{}", done.error().message);
  return find_known(id);
}

Result<void> PackSet::visit(const std::function<Result<void>(const model::BlobId&)>& visit) const {
  RETURN_IF_ERROR(refresh());
  std::vector<model::BlobId> ids;
  {
    std::shared_lock lock(mutex_);
    for (auto place : places_) ids.push_back(packs_[place.pack].records[place.record].id);
  }
  for (const auto& id : ids) RETURN_IF_ERROR(visit(id));
  return ok();
}

struct OpenPack {
  std::string name;
  UniqueFd content, index;  // NAME.pack, whose lock lasts as long as it is open, and NAME.idx
  ByteCount content_end = 0, index_end = 0;
  std::map<ByteCount, ByteCount> abandoned;  // end to begin of what will not be published
  std::mutex sync_mutex;                     // asking and noting what the answer was must not be torn apart
  std::atomic<bool> failed = false;
};

// What a killed process left torn at the index's end is cut. Returns where the last blob of the pack ends.
Result<ByteCount> PackSet::cut_torn_records(OpenPack& pack) {
  std::vector<std::byte> buffer(kRecordSize * 4096);
  ByteCount end = 0;
  for (ByteCount position = 0;;) {
    ASSIGN_OR_RETURN(auto got, read_at(pack.index.get(), position, buffer, pack.name + ".idx"));
    for (std::size_t at = 0; at + kRecordSize <= got; at += kRecordSize) {
      position += kRecordSize;
      auto packed = parse_record(buffer.data() + at);
      if (!packed) continue;
      if (packed->blob.size > 0) end = std::max(end, packed->offset + packed->blob.size);
      pack.index_end = position;
    }
    if (got == buffer.size()) continue;
    if (::ftruncate(pack.index.get(), static_cast<off_t>(pack.index_end)) < 0)
      return system_error("cannot shorten " + pack.name + ".idx", errno);
    return end;
  }
}

// Goes on with a pack that has room and that no other process appends to, or begins a new one.
Result<void> PackSet::choose_pack() {
  if (open_pack_ && open_pack_->content_end < kPackSize) return ok();
  open_pack_.reset();
  for (const auto& name : pack_names(directory_)) {
    if (failed_.contains(name)) continue;
    auto pack = std::make_shared<OpenPack>();
    pack->name = name;
    auto content = open_file(directory_ + "/" + name + ".pack", O_RDWR);
    if (!content) continue;  // refresh() says so
    pack->content = *std::move(content);
    if (::flock(pack->content.get(), LOCK_EX | LOCK_NB) < 0) continue;
    ASSIGN_OR_RETURN(pack->index, open_file(directory_ + "/" + name + ".idx", O_RDWR));
    ASSIGN_OR_RETURN(pack->content_end, cut_torn_records(*pack));
    auto size = file_size(pack->content.get());
    if (size < pack->content_end || pack->content_end >= kPackSize) continue;  // damaged, or full
    if (size > pack->content_end) cut_back(pack->content, pack->content_end);  // bytes that were never published
    open_pack_ = std::move(pack);
    return ok();
  }
  auto pack = std::make_shared<OpenPack>();
  SystemRandom random;
  pack->name = random_hex(random, 8);
  auto path = directory_ + "/" + pack->name;
  ASSIGN_OR_RETURN(pack->content, open_file(path + ".pack", O_RDWR | O_CREAT | O_EXCL));
  if (::flock(pack->content.get(), LOCK_EX | LOCK_NB) < 0)
    return system_error("cannot lock the new pack " + pack->name, errno);
  ASSIGN_OR_RETURN(pack->index, open_file(path + ".idx", O_RDWR | O_CREAT | O_EXCL));
  RETURN_IF_ERROR(sync_directory(directory_));
  open_pack_ = std::move(pack);
  return ok();
}

Result<PackWrite> PackSet::write(Bytes content, std::vector<model::Blob> blobs) {
  PackWrite write;
  {
    std::lock_guard lock(writer_mutex_);
    RETURN_IF_ERROR(choose_pack());
    write.pack = open_pack_;
    write.begin = write.pack->content_end;
    write.end = write.pack->content_end += content.size();
  }
  auto done = write_at(write.pack->content.get(), write.begin, content, write.pack->name + ".pack");
  if (!done) {
    abandon({write});
    return std::move(done).error();
  }
  ::sync_file_range(write.pack->content.get(), static_cast<off_t>(write.begin), static_cast<off_t>(content.size()),
                    SYNC_FILE_RANGE_WRITE);  // the disk may begin while the next are still being read
  write.blobs = std::move(blobs);
  return write;
}

void PackSet::leave_alone(OpenPack& pack) {
  pack.failed = true;
  failed_.insert(pack.name);
  if (open_pack_.get() == &pack) open_pack_.reset();
}

// What a failure leaves in the index is not cut: others may have read whole records by now, and they are right. The
// next process to append cuts a torn one.
Result<void> PackSet::publish_in(OpenPack& pack, Bytes records) {
  {
    std::lock_guard lock(pack.sync_mutex);
    if (pack.failed) return Error{Code::unavailable, "an earlier write to the pack " + pack.name + " failed"};
    auto done = sync_data(pack.content.get(), pack.name + ".pack");
    if (!done) {
      pack.failed = true;
      return done;
    }
  }
  std::lock_guard lock(writer_mutex_);
  if (pack.failed) return Error{Code::unavailable, "an earlier write to the pack " + pack.name + " failed"};
  RETURN_IF_ERROR(write_at(pack.index.get(), pack.index_end, records, pack.name + ".idx"));
  RETURN_IF_ERROR(sync_data(pack.index.get(), pack.name + ".idx"));
  pack.index_end += records.size();
  return ok();
}

Result<void> PackSet::publish(const std::vector<PackWrite>& writes) {
  if (writes.empty()) return ok();
  std::map<std::shared_ptr<OpenPack>, std::vector<std::byte>> records;
  for (const auto& write : writes) {
    auto offset = write.begin;
    for (const auto& blob : write.blobs) {
      append_record(records[write.pack], {blob, offset});
      offset += blob.size;
    }
  }
  for (const auto& [pack, bytes] : records) {
    auto done = publish_in(*pack, bytes);
    if (done) continue;
    std::lock_guard lock(writer_mutex_);
    leave_alone(*pack);
    return done;
  }
  return refresh();
}

Result<void> PackSet::sync_known() const {
  std::vector<std::pair<std::string, ByteCount>> unsure;
  {
    std::shared_lock lock(mutex_);
    for (const auto& pack : packs_) {
      if (pack.index_bytes > pack.synced_bytes) unsure.emplace_back(pack.file->name(), pack.index_bytes);
    }
  }
  for (const auto& [name, bytes] : unsure) {
    ASSIGN_OR_RETURN(auto index, open_file(directory_ + "/" + name + ".idx", O_RDONLY));
    RETURN_IF_ERROR(sync_data(index.get(), name + ".idx"));
    std::unique_lock lock(mutex_);
    for (auto& pack : packs_) {
      if (pack.file->name() == name) pack.synced_bytes = std::max(pack.synced_bytes, bytes);
    }
  }
  return ok();
}

void PackSet::abandon(const std::vector<PackWrite>& writes) {
  std::lock_guard lock(writer_mutex_);
  for (const auto& write : writes) {
    if (write.begin < write.end) write.pack->abandoned.emplace(write.end, write.begin);
  }
  for (const auto& write : writes) {
    auto& pack = *write.pack;
    for (auto last = pack.abandoned.find(pack.content_end); last != pack.abandoned.end();
         last = pack.abandoned.find(pack.content_end)) {
      pack.content_end = last->second;
      pack.abandoned.erase(last);
      cut_back(pack.content, pack.content_end);
    }
  }
}

}  // namespace dray::files

#include "adapters/files/pack.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/log.h"

namespace dray::files {
namespace {

// Of addresses, for each pack. The pack may grow into it, and past kPackSize by what is written at once.
constexpr ByteCount kMappedSize = kPackSize + 64 * 1024 * 1024;

bool is_whole(const PackPlace& place) {
  struct stat status;
  return ::fstat(place.pack->fd(), &status) == 0 && static_cast<ByteCount>(status.st_size) >= place.offset + place.size;
}

// The same bytes at the same place. If the kernel failed to write them before, it has told someone else, and takes them
// for written; now it tries again, and tells us.
Result<void> write_again(int fd, ByteCount from, ByteCount to, const std::string& name) {
  std::vector<std::byte> buffer(64 * 1024);
  while (from < to) {
    auto part = MutableBytes(buffer).first(std::min<ByteCount>(buffer.size(), to - from));
    ASSIGN_OR_RETURN(auto got, read_at(fd, from, part, name));
    if (got == 0) return Error{Code::corrupt, name + " has become shorter"};
    RETURN_IF_ERROR(write_at(fd, from, part.first(got), name));
    from += got;
  }
  return ok();
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
  std::vector<std::byte> buffer(kPackRecordSize * 4096);
  for (auto position = pack.index_bytes;;) {
    ASSIGN_OR_RETURN(auto got, read_at(fd.get(), position, buffer, name));
    for (std::size_t at = 0; at + kPackRecordSize <= got; at += kPackRecordSize) {
      position += kPackRecordSize;
      auto packed = parse_pack_record(buffer.data() + at);
      if (!packed) continue;
      pack.records.push_back({packed->blob.id, static_cast<std::uint32_t>(packed->offset),
                              static_cast<std::uint32_t>(packed->blob.size), packed->blob.crc32});
      know(Place{number, static_cast<std::uint32_t>(pack.records.size() - 1)});
      pack.index_bytes = position;
    }
    if (got < buffer.size()) return ok();
  }
}

// Of several records for one blob the first counts, unless its pack has lost the bytes.
void PackSet::know(Place place) const {
  auto [known, is_new] = places_.insert(place);
  if (is_new || is_whole(place_of(*known))) return;
  places_.erase(known);
  places_.insert(place);
}

PackPlace PackSet::place_of(Place place) const {
  const auto& pack = packs_[place.pack];
  const auto& record = pack.records[place.record];
  return {pack.file, record.offset, record.size, record.crc32};
}

bool PackSet::has_whole(const model::BlobId& id) const {
  auto place = find_known(id);
  return place && is_whole(*place);
}

// Blobs that were stored one after another are mostly read so: the record behind the last one found is looked at first,
// which costs no jump through memory.
std::optional<PackSet::Place> PackSet::look_up(const model::BlobId& id) const {
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
      return last.place;
    }
  }
  auto found = places_.find(id);
  if (found == places_.end()) return std::nullopt;
  last = {this, *found};
  return *found;
}

std::optional<PackPlace> PackSet::find_known(const model::BlobId& id) const {
  std::shared_lock lock(mutex_);
  auto place = look_up(id);
  if (!place) return std::nullopt;
  return place_of(*place);
}

void PackSet::find_run(std::span<const model::BlobId> ids, model::BlobRun& run) const {
  run.places.clear();
  std::shared_lock lock(mutex_);
  const PackFile* file = nullptr;
  for (const auto& id : ids) {
    auto place = look_up(id);
    if (!place) return;
    const auto& pack = packs_[place->pack];
    if (!file) {
      file = pack.file.get();
      run.fd = file->fd();
      run.owner = pack.file;
    }
    if (pack.file.get() != file) return;
    const auto& record = pack.records[place->record];
    run.places.push_back({record.offset, record.size, file->mapped(record.offset, record.size)});
  }
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

Result<void> PackSet::sync_known() const {
  struct Unsure {
    std::string name;
    ByteCount from, to;
  };
  std::vector<Unsure> unsure;
  {
    std::shared_lock lock(mutex_);
    for (const auto& pack : packs_) {
      if (pack.index_bytes > pack.synced_bytes)
        unsure.push_back({pack.file->name(), pack.synced_bytes, pack.index_bytes});
    }
  }
  for (const auto& [name, from, bytes] : unsure) {
    ASSIGN_OR_RETURN(auto index, open_file(directory_ + "/" + name + ".idx", O_RDWR));
    RETURN_IF_ERROR(write_again(index.get(), from, bytes, name + ".idx"));
    RETURN_IF_ERROR(sync_data(index.get(), name + ".idx"));
    std::unique_lock lock(mutex_);
    for (auto& pack : packs_) {
      if (pack.file->name() == name) pack.synced_bytes = std::max(pack.synced_bytes, bytes);
    }
  }
  return ok();
}

}  // namespace dray::files

#include "adapters/files/pack.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

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

// Whatever it is called now. Code::not_found where the pack has been removed.
Result<UniqueFd> open_index(const std::string& directory, const std::string& name) {
  auto path = directory + "/" + name;
  auto index = open_file(path + ".idx", O_RDONLY);
  if (!index && index.error().code == Code::not_found) index = open_file(path + ".aside", O_RDONLY);
  if (!index && index.error().code == Code::not_found) index = open_file(path + ".idx", O_RDONLY);  // brought back
  return index;
}

// Of one that has both names, as in a backup over an older one: the longer.
Result<UniqueFd> open_longer_index(const std::string& directory, const std::string& name) {
  struct stat index, aside;
  auto path = directory + "/" + name;
  bool is_aside = ::stat((path + ".idx").c_str(), &index) == 0 && ::stat((path + ".aside").c_str(), &aside) == 0 &&
                  aside.st_size > index.st_size;
  return is_aside ? open_file(path + ".aside", O_RDONLY) : open_index(directory, name);
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

// Listed with the lock held: what another thread added meanwhile must not be taken for removed.
Result<void> PackSet::refresh() const {
  std::unique_lock lock(mutex_);
  ASSIGN_OR_RETURN(auto names, list_packs(directory_));
  auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::binary_search(list.begin(), list.end(), name);
  };
  for (auto& pack : packs_) {
    pack.is_aside = !has(names.plain, pack.name);
    pack.is_double = !pack.is_aside && has(names.aside, pack.name);
  }
  std::vector<std::string> all;
  std::set_union(names.plain.begin(), names.plain.end(), names.aside.begin(), names.aside.end(),
                 std::back_inserter(all));
  for (const auto& name : all) {
    auto known =
        std::find_if(packs_.begin(), packs_.end(), [&](const auto& pack) { return pack.file && pack.name == name; });
    auto done = known == packs_.end() ? add_pack(name, !has(names.plain, name), has(names.aside, name))
                                      : load(*known, static_cast<std::uint32_t>(known - packs_.begin()));
    RETURN_IF_ERROR(done);
  }
  for (std::uint32_t i = 0; i < packs_.size(); ++i) {
    if (!packs_[i].file || has(all, packs_[i].name)) continue;
    auto index = open_index(directory_, packs_[i].name);  // renamed while the folder was read
    if (!index && index.error().code == Code::not_found) forget(i);
  }
  return ok();
}

// One that has just been removed is none.
Result<void> PackSet::add_pack(const std::string& name, bool is_aside, bool is_listed_aside) const {
  auto fd = open_file(directory_ + "/" + name + ".pack", O_RDONLY);
  if (!fd && fd.error().code == Code::not_found) {
    if (open_index(directory_, name)) log::warn("{}; the blobs that {}.idx names are lost", fd.error().message, name);
    return ok();
  }
  if (!fd) return std::move(fd).error();
  bool is_double = !is_aside && is_listed_aside;
  packs_.push_back({name, std::make_shared<const PackFile>(name, *std::move(fd)), is_aside, is_double, 0, 0, {}});
  return load(packs_.back(), static_cast<std::uint32_t>(packs_.size() - 1));
}

// Its blobs are read from where else they are, if they are.
void PackSet::forget(std::uint32_t number) const {
  auto& pack = packs_[number];
  for (std::uint32_t i = 0; i < pack.records.size(); ++i) {
    auto known = places_.find(pack.records[i].id);
    if (known != places_.end() && known->pack == number && known->record == i) places_.erase(known);
  }
  std::erase_if(spare_, [&](Place place) { return place.pack == number; });
  pack.records = {};
  pack.file.reset();
  for (auto place : std::exchange(spare_, {})) know(place);
}

// A damaged record hides only itself. Those at the end are looked at again next time: they may be torn, or being
// written right now.
Result<void> PackSet::load(Loaded& pack, std::uint32_t number) const {
  const auto& name = pack.name;
  auto fd = pack.is_double ? open_longer_index(directory_, name) : open_index(directory_, name);
  if (!fd && fd.error().code == Code::not_found) return ok();  // removed: the next look forgets it
  if (!fd) return std::move(fd).error();
  std::vector<std::byte> buffer(kPackRecordSize * 4096);
  for (auto position = pack.index_bytes;;) {
    ASSIGN_OR_RETURN(auto got, read_at(fd->get(), position, buffer, name + ".idx"));
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

// Of several records for one blob the first counts, unless its pack has lost the bytes or was set aside.
void PackSet::know(Place place) const {
  auto [known, is_new] = places_.insert(place);
  if (is_new) return;
  if (!packs_[known->pack].is_aside && is_whole(place_of(*known))) {
    spare_.push_back(place);
    return;
  }
  spare_.push_back(*known);
  places_.erase(known);
  places_.insert(place);
}

PackPlace PackSet::place_of(Place place) const {
  const auto& pack = packs_[place.pack];
  const auto& record = pack.records[place.record];
  return {pack.file, record.offset, record.size, record.crc32};
}

// Another process may have set it aside since the last look.
bool PackSet::has_to_stay(const model::BlobId& id) const {
  auto place = find_known(id);
  return place && is_whole(*place) && ::access((directory_ + "/" + place->pack->name() + ".idx").c_str(), F_OK) == 0;
}

PackSet::PackUse PackSet::read_from(const std::string& name) const {
  std::shared_lock lock(mutex_);
  PackUse use;
  for (std::uint32_t i = 0; i < packs_.size(); ++i) {
    if (!packs_[i].file || packs_[i].name != name) continue;
    const auto& records = packs_[i].records;
    use.index_bytes = records.size() * kPackRecordSize;
    for (std::uint32_t k = 0; k < records.size(); ++k) {
      auto known = places_.find(records[k].id);
      if (known == places_.end() || known->pack != i || known->record != k) continue;
      use.blobs.push_back({{records[k].id, records[k].size, records[k].crc32}, records[k].offset});
    }
  }
  return use;
}

// Blobs that were stored one after another are mostly read so: the record behind the last one found is looked at first,
// which costs no jump through memory.
std::optional<PackSet::Place> PackSet::look_up(const model::BlobId& id) const {
  struct Last {
    const PackSet* set = nullptr;
    Place place;
  };
  static thread_local Last last;
  if (last.set == this && last.place.pack < packs_.size() && !packs_[last.place.pack].is_aside) {
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
      if (pack.file && pack.index_bytes > pack.synced_bytes)
        unsure.push_back({pack.name, pack.synced_bytes, pack.index_bytes});
    }
  }
  for (const auto& [name, from, bytes] : unsure) {
    auto index = open_file(directory_ + "/" + name + ".idx", O_RDWR);
    if (!index && index.error().code == Code::not_found) continue;  // set aside, which made it durable
    if (!index) return std::move(index).error();
    RETURN_IF_ERROR(write_again(index->get(), from, bytes, name + ".idx"));
    RETURN_IF_ERROR(sync_data(index->get(), name + ".idx"));
    std::unique_lock lock(mutex_);
    for (auto& pack : packs_) {
      if (pack.file && pack.name == name) pack.synced_bytes = std::max(pack.synced_bytes, bytes);
    }
  }
  return ok();
}

}  // namespace dray::files

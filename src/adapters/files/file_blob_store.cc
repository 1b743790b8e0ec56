#include "adapters/files/file_blob_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <set>

#include "adapters/files/cleaning.h"
#include "adapters/files/pack.h"
#include "adapters/files/pack_writer.h"
#include "base/file.h"
#include "base/text.h"

namespace dray::files {
namespace {

using model::Blob;
using model::BlobId;
using model::BlobSource;
using model::OpenBlob;

constexpr std::size_t kBufferSize = 2 * kLargestPackedBlob;  // whether a blob is small shows within one buffer
constexpr std::size_t kOpenFiles = 32;                       // of a batch; more get their names before it ends
constexpr std::size_t kBlock = 4096;                         // what direct writes are aligned to
constexpr ByteCount kWritebackStep =
    32 * 1024 * 1024;  // so much is handed to the disk while the rest is still being read

std::string folder_of(const BlobId& id) { return id.hex().substr(0, 2); }
std::string name_in_folder(const BlobId& id) { return id.hex().substr(2); }

class Store final : public model::BlobStore {
 public:
  Store(std::string directory, UniqueFd large, std::unique_ptr<PackSet> packs)
      : directory_(std::move(directory)),
        large_(std::move(large)),
        packs_(std::move(packs)),
        pack_pool_(directory_ + "/packs") {}

  std::unique_ptr<model::BlobBatch> begin() override;

  Result<OpenBlob> open(const BlobId& id) const override {
    if (auto place = packs_->find_known(id)) return open_at(*std::move(place));
    int fd = open_large(id);
    if (fd >= 0) {
      auto file = std::make_shared<UniqueFd>(fd);
      struct stat status;
      if (::fstat(fd, &status) < 0) return system_error("cannot read the blob " + id.hex(), errno);
      return OpenBlob(FileRegion{fd, 0, static_cast<ByteCount>(status.st_size), std::move(file)});
    }
    if (errno != ENOENT) return system_error("cannot open the blob " + id.hex(), errno);
    if (auto place = packs_->find(id)) return open_at(*std::move(place));
    return Error{Code::not_found, "there is no blob " + id.hex()};
  }

  void open_run(std::span<const BlobId> ids, model::BlobRun& run) const override { packs_->find_run(ids, run); }

  std::optional<ByteCount> find_size(const BlobId& id) const override {
    if (auto place = packs_->find_known(id)) return place->size;
    auto path = path_of(id);
    for (const auto& name : {path, path + kAside, path}) {  // as open_large()
      if (auto size = size_of_large(name)) return size;
    }
    if (auto place = packs_->find(id)) return place->size;
    return std::nullopt;
  }

  Result<void> visit(const std::function<Result<void>(const BlobId&)>& visit) const override {
    RETURN_IF_ERROR(packs_->visit(visit));
    for (int first = 0; first < 256; ++first) {
      auto folder = fmt::format("{:02x}", first);
      auto* listing = ::opendir((directory_ + "/large/" + folder).c_str());
      if (!listing) continue;
      std::set<BlobId> ids;
      while (auto* entry = ::readdir(listing)) {
        std::string_view name = entry->d_name;
        if (name.ends_with(kAside)) name.remove_suffix(kAside.size());
        if (auto id = parse_sha256(folder + std::string(name))) ids.insert(*id);
      }
      ::closedir(listing);
      for (const auto& id : ids) RETURN_IF_ERROR(visit(id));
    }
    return ok();
  }

  Result<model::CleanedBlobs> clean(const model::CleaningOrder& order) override {
    ASSIGN_OR_RETURN(auto lock, lock_cleaning(directory_));
    model::CleanedBlobs cleaned;
    RETURN_IF_ERROR(clean_large(directory_ + "/large", order, cleaned));
    RETURN_IF_ERROR(clean_packs({directory_ + "/packs", *packs_, pack_pool_}, order, cleaned));
    return cleaned;
  }

  // A file of another length is damaged and does not count, nor one that was set aside.
  bool has(const Blob& blob) const {
    return packs_->has_to_stay(blob.id) || size_of_large(path_of(blob.id)) == blob.size;
  }
  PackSet& packs() { return *packs_; }
  PackPool& pack_pool() { return pack_pool_; }
  const std::string& directory() const { return directory_; }
  int large() const { return large_.get(); }
  static std::string path_of(const BlobId& id) { return folder_of(id) + "/" + name_in_folder(id); }

 private:
  static OpenBlob open_at(PackPlace place) {
    const auto& pack = *place.pack;
    return OpenBlob(
        FileRegion{pack.fd(), place.offset, place.size, std::move(place.pack), pack.mapped(place.offset, place.size)});
  }
  // Set aside or not; a second look at its name, since it may have been brought back in between.
  int open_large(const BlobId& id) const {
    auto path = path_of(id);
    for (const auto& name : {path, path + kAside, path}) {
      int fd = ::openat(large_.get(), name.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd >= 0 || errno != ENOENT) return fd;
    }
    return -1;
  }
  std::optional<ByteCount> size_of_large(const std::string& path) const {
    struct stat status;
    if (::fstatat(large_.get(), path.c_str(), &status, 0) < 0) return std::nullopt;
    return static_cast<ByteCount>(status.st_size);
  }

  const std::string directory_;
  const UniqueFd large_;  // the folder of large blobs
  const std::unique_ptr<PackSet> packs_;
  PackPool pack_pool_;
};

// Memory that direct writes may start from.
class AlignedBuffer {
 public:
  explicit AlignedBuffer(std::size_t size)
      : size_(size), bytes_(static_cast<std::byte*>(::operator new[](size, std::align_val_t(kBlock)))) {}
  MutableBytes bytes() const { return {bytes_.get(), size_}; }

 private:
  struct Delete {
    void operator()(std::byte* bytes) const { ::operator delete[](bytes, std::align_val_t(kBlock)); }
  };
  std::size_t size_;
  std::unique_ptr<std::byte, Delete> bytes_;
};

// Bytes on their way into a file without a name, which vanishes with the process.
class NamelessFile {
 public:
  static Result<NamelessFile> create(const std::string& folder) {
    int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return NamelessFile(UniqueFd(fd), "");
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
      return system_error("cannot create a file in " + folder, errno);
    auto name = folder + "/incoming-XXXXXX";  // file systems without O_TMPFILE
    fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd < 0) return system_error("cannot create a file in " + folder, errno);
    return NamelessFile(UniqueFd(fd), name);
  }
  NamelessFile(NamelessFile&& other) noexcept
      : fd_(std::move(other.fd_)),
        name_(std::exchange(other.name_, "")),
        direct_(other.direct_),
        can_be_direct_(other.can_be_direct_) {}
  ~NamelessFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  int fd() const { return fd_.get(); }

  // Past the page cache as far as possible: what comes in is not what is read next, and a copy of it costs as much as
  // its checksums. `bytes` starts on a block in memory.
  Result<void> write(ByteCount offset, Bytes bytes) {
    auto blocks = offset % kBlock == 0 ? bytes.size() / kBlock * kBlock : 0;
    if (blocks > 0 && set_direct(true)) {
      auto done = write_at(fd_.get(), offset, bytes.first(blocks), "a new blob");
      if (!done && done.error().code == Code::full) return done;
      if (done) {
        offset += blocks;
        bytes = bytes.subspan(blocks);
      } else {
        can_be_direct_ = false;  // larger blocks than ours, perhaps; if it is the disk, that shows again
      }
    }
    set_direct(false);
    return write_at(fd_.get(), offset, bytes, "a new blob");
  }

  // Gives the file its name; ok when a file of that name and length is there already.
  Result<void> publish(int folder, const std::string& path) const {
    auto from = name_.empty() ? fmt::format("/proc/self/fd/{}", fd_.get()) : name_;
    auto link = [&] { return ::linkat(AT_FDCWD, from.c_str(), folder, path.c_str(), AT_SYMLINK_FOLLOW) == 0; };
    if (link()) return ok();
    struct stat own, other;
    bool is_there = errno == EEXIST;
    if (is_there && ::fstatat(folder, path.c_str(), &other, 0) < 0 && errno == ENOENT) {  // set aside meanwhile
      if (link()) return ok();
    }
    bool same = is_there && ::fstat(fd_.get(), &own) == 0 && ::fstatat(folder, path.c_str(), &other, 0) == 0 &&
                own.st_size == other.st_size;
    if (same) return ok();
    if (!is_there) return system_error("cannot store the blob " + path, errno);
    auto aside = path + ".repair";  // what is there is damaged
    ::unlinkat(folder, aside.c_str(), 0);
    if (::linkat(AT_FDCWD, from.c_str(), folder, aside.c_str(), AT_SYMLINK_FOLLOW) < 0 ||
        ::renameat(folder, aside.c_str(), folder, path.c_str()) < 0) {
      return system_error("cannot store the blob " + path, errno);
    }
    return ok();
  }

 private:
  NamelessFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  bool set_direct(bool wanted) {
    if (wanted == direct_ || (wanted && !can_be_direct_)) return direct_;
    if (::fcntl(fd_.get(), F_SETFL, wanted ? O_DIRECT : 0) == 0)
      direct_ = wanted;
    else
      can_be_direct_ = false;
    return direct_;
  }

  UniqueFd fd_;
  std::string name_;
  bool direct_ = false, can_be_direct_ = true;
};

// Hashes what passes through.
class Digester {
 public:
  void update(Bytes bytes) {
    sha_.update(bytes);
    crc_ = crc32_of(bytes, crc_);
    size_ += bytes.size();
  }
  void update_zeros(ByteCount count) {
    static const std::vector<std::byte> zeros(kBufferSize);
    crc_ = combine_crc32(crc_, crc32_of_zeros(count), count);
    size_ += count;
    for (; count > 0; count -= std::min<ByteCount>(count, zeros.size())) {
      sha_.update(Bytes(zeros).first(std::min<ByteCount>(count, zeros.size())));
    }
  }
  ByteCount size() const { return size_; }
  Blob finish() { return {sha_.finish(), size_, crc_}; }

 private:
  Sha256Hasher sha_;
  std::uint32_t crc_ = 0;
  ByteCount size_ = 0;
};

class Batch final : public model::BlobBatch {
 public:
  explicit Batch(Store& store) : store_(store), memory_(kBufferSize), appender_(store.pack_pool()) {}

  Result<Blob> put(BlobSource& source, ByteCount expected_size) override {
    if (failure_) return *failure_;
    Digester digester;
    std::size_t filled = 0;  // of buffer_, while the blob may still turn out to be small
    bool ended = false;
    ByteCount zeros = 0;
    while (filled <= kLargestPackedBlob && !ended && zeros == 0) {
      ASSIGN_OR_RETURN(auto piece, source.read(buffer_.subspan(filled)));
      filled += piece.bytes;
      zeros = piece.zeros;
      ended = piece.is_end();
      if (filled + zeros <= kLargestPackedBlob) {
        std::fill_n(buffer_.begin() + static_cast<std::ptrdiff_t>(filled), zeros, std::byte{});
        filled += zeros;
        zeros = 0;
      }
    }
    if (ended && filled <= kLargestPackedBlob) return put_small(buffer_.first(filled));
    return put_large(source, expected_size, filled, zeros);
  }

  Result<void> commit() override {
    if (failure_) return *failure_;
    auto done = make_durable();
    if (!done) failure_ = done.error();
    return done;
  }

 private:
  Result<void> make_durable() {
    RETURN_IF_ERROR(write_small());
    RETURN_IF_ERROR(appender_.publish());
    RETURN_IF_ERROR(store_.packs().refresh());
    if (std::exchange(found_in_pack_, false)) RETURN_IF_ERROR(store_.packs().sync_known());
    small_ids_.clear();
    RETURN_IF_ERROR(name_large());
    for (const auto& folder : std::exchange(folders_, {}))
      RETURN_IF_ERROR(sync_directory(store_.directory() + "/large/" + folder));
    return ok();
  }

  Result<void> name_large() {
    for (const auto& [file, id] : std::exchange(large_files_, {})) {
      RETURN_IF_ERROR(sync_data(file.fd(), "the blob " + id.hex()));
      RETURN_IF_ERROR(file.publish(store_.large(), Store::path_of(id)));
      folders_.insert(folder_of(id));
    }
    return ok();
  }

  Result<void> write_small() {
    if (run_.is_empty()) return ok();
    auto done = appender_.write(run_.content(), run_.blobs());
    run_.clear();
    if (!done) failure_ = done.error();
    return done;
  }

  Result<Blob> put_small(Bytes content) {
    Blob blob{sha256_of(content), content.size(), crc32_of(content)};
    if (store_.packs().has_to_stay(blob.id)) {
      found_in_pack_ = true;
      return blob;
    }
    if (!small_ids_.insert(blob.id).second) return blob;
    run_.add(blob, content);
    if (run_.is_full()) RETURN_IF_ERROR(write_small());
    return blob;
  }

  // What has been read so far is at the start of buffer_, followed by `zeros`.
  Result<Blob> put_large(BlobSource& source, ByteCount expected_size, std::size_t filled, ByteCount zeros) {
    ASSIGN_OR_RETURN(auto file, NamelessFile::create(store_.directory() + "/large"));
    if (zeros == 0 && expected_size > filled) {
      ::fallocate(file.fd(), 0, 0, static_cast<off_t>(expected_size));  // no room shows when writing
    }
    Digester digester;
    ByteCount handed_over = 0;
    for (;;) {
      if (filled > 0) {
        auto bytes = buffer_.first(filled);
        RETURN_IF_ERROR(file.write(digester.size(), bytes));
        digester.update(bytes);
      }
      if (zeros > 0) digester.update_zeros(zeros);
      if (digester.size() - handed_over >= kWritebackStep) {
        ::sync_file_range(file.fd(), static_cast<off_t>(handed_over), static_cast<off_t>(digester.size() - handed_over),
                          SYNC_FILE_RANGE_WRITE);
        handed_over = digester.size();
      }
      ASSIGN_OR_RETURN(auto piece, source.read(buffer_));
      if (piece.is_end()) break;
      filled = piece.bytes;
      zeros = piece.zeros;
    }
    // Cuts what was reserved in vain, and reaches to the end of a hole at the end.
    if (::ftruncate(file.fd(), static_cast<off_t>(digester.size())) < 0)
      return system_error("cannot store a blob", errno);
    auto blob = digester.finish();
    if (store_.has(blob)) {
      folders_.insert(folder_of(blob.id));
      return blob;
    }
    large_files_.emplace_back(std::move(file), blob.id);
    if (large_files_.size() < kOpenFiles) return blob;
    if (auto done = name_large(); !done) return *(failure_ = std::move(done).error());
    return blob;
  }

  Store& store_;
  AlignedBuffer memory_;
  const MutableBytes buffer_ = memory_.bytes();
  PackRun run_;
  PackAppender appender_;                                     // that got the runs
  std::set<BlobId> small_ids_;                                // of all of them
  bool found_in_pack_ = false;                                // a blob was there already, but may not be durable yet
  std::optional<Error> failure_;                              // of the store: nothing more goes in
  std::vector<std::pair<NamelessFile, BlobId>> large_files_;  // that have no name yet
  std::set<std::string> folders_;  // of those that have, or were there already: not durable yet
};

std::unique_ptr<model::BlobBatch> Store::begin() { return std::make_unique<Batch>(*this); }

}  // namespace

Result<std::unique_ptr<model::BlobStore>> open_file_blob_store(const std::string& directory) {
  RETURN_IF_ERROR(make_directories(directory + "/large"));
  for (int first = 0; first < 256; ++first) {
    auto folder = fmt::format("{}/large/{:02x}", directory, first);
    if (::mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST)
      return system_error("cannot create the folder " + folder, errno);
  }
  RETURN_IF_ERROR(sync_directory(directory + "/large"));
  ASSIGN_OR_RETURN(auto large, open_file(directory + "/large", O_RDONLY | O_DIRECTORY));
  ASSIGN_OR_RETURN(auto packs, PackSet::open(directory + "/packs"));
  return std::unique_ptr<model::BlobStore>(new Store(directory, std::move(large), std::move(packs)));
}

}  // namespace dray::files

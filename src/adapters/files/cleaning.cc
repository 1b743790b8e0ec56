#include "adapters/files/cleaning.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/file.h"

namespace dray::files {
namespace {

using model::BlobId;

struct FileFacts {
  Seconds modified{};
  ByteCount on_disk = 0;
};

std::optional<FileFacts> facts_of(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) < 0) return std::nullopt;
  return FileFacts{Seconds(std::chrono::seconds(status.st_mtime)), static_cast<ByteCount>(status.st_blocks) * 512};
}

bool is_missing(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) < 0 && errno == ENOENT;
}

// Gives `from` the name `to` unless something has it already; errno says why not.
bool rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;  // file systems that do not know how
  return ::link(from.c_str(), to.c_str()) == 0 && ::unlink(from.c_str()) == 0;
}

// One folder of large blobs.
class LargeFolder {
 public:
  LargeFolder(std::string path, std::string first, const model::CleaningOrder& order, model::CleanedBlobs& cleaned)
      : path_(std::move(path)), first_(std::move(first)), order_(order), cleaned_(cleaned) {}

  Result<void> clean() {
    ASSIGN_OR_RETURN(auto names, list_directory(path_));
    std::stable_partition(names.begin(), names.end(), [](const auto& name) { return name.ends_with(kAside); });
    for (const auto& name : names) {  // each takes one step and not two
      if (order_.stop) break;
      auto file = path_ + "/" + name;
      auto facts = facts_of(file);
      if (!facts) continue;
      bool is_aside = name.ends_with(kAside);
      auto id = parse_sha256(first_ + (is_aside ? name.substr(0, name.size() - kAside.size()) : name));
      auto done = !id        ? clean_other(file, name, *facts)
                  : is_aside ? clean_aside(*id, file, *facts)
                             : clean_plain(*id, file, *facts);
      if (!done) cleaned_.left.push_back(done.error().message);
    }
    return changed_ ? sync_directory(path_) : ok();
  }

 private:
  Result<void> clean_plain(const BlobId& id, const std::string& file, const FileFacts& facts) {
    if (facts.modified >= order_.before || order_.is_used(id)) return ok();
    RETURN_IF_ERROR(check_equal(id, file, file + kAside));
    // The time before the name: it says since when the name is that one.
    if (::utimensat(AT_FDCWD, file.c_str(), nullptr, 0) < 0 || ::rename(file.c_str(), (file + kAside).c_str()) < 0)
      return system_error("cannot set aside the blob " + id.hex(), errno);
    changed_ = true;
    ++cleaned_.set_aside;
    return ok();
  }

  Result<void> clean_aside(const BlobId& id, const std::string& file, const FileFacts& facts) {
    if (order_.is_used(id)) return bring_back(id, file);
    if (facts.modified >= order_.before) return ok();
    RETURN_IF_ERROR(remove(file, facts));
    ++cleaned_.removed;
    return ok();
  }

  // Unless it was put anew: then this one is a second copy.
  Result<void> bring_back(const BlobId& id, const std::string& file) {
    auto plain = file.substr(0, file.size() - kAside.size());
    if (rename_to_new(file, plain)) {
      changed_ = true;
      ++cleaned_.brought_back;
      return ok();
    }
    if (errno != EEXIST) return system_error("cannot bring back the blob " + id.hex(), errno);
    RETURN_IF_ERROR(check_equal(id, file, plain));
    return remove(file, facts_of(file).value_or(FileFacts()));
  }

  // Where two copies differ in length, one is damaged, and nobody here knows which.
  static Result<void> check_equal(const BlobId& id, const std::string& one, const std::string& other) {
    struct stat a, b;
    if (::stat(one.c_str(), &a) < 0 || ::stat(other.c_str(), &b) < 0 || a.st_size == b.st_size) return ok();
    return Error{Code::corrupt, "the blob " + id.hex() + " is there twice, and one of the two is damaged"};
  }

  // What a process that was killed left behind.
  Result<void> clean_other(const std::string& file, const std::string& name, const FileFacts& facts) {
    if (name.ends_with(".repair") && facts.modified < order_.before) return remove(file, facts);
    return ok();
  }

  Result<void> remove(const std::string& file, const FileFacts& facts) {
    if (::unlink(file.c_str()) < 0) return system_error("cannot remove " + file, errno);
    cleaned_.freed += facts.on_disk;
    changed_ = true;
    return ok();
  }

  const std::string path_, first_;
  const model::CleaningOrder& order_;
  model::CleanedBlobs& cleaned_;
  bool changed_ = false;
};

class Packs {
 public:
  Packs(const PacksToClean& packs, const model::CleaningOrder& order, model::CleanedBlobs& cleaned)
      : packs_(packs), order_(order), cleaned_(cleaned) {}

  Result<void> clean() {
    RETURN_IF_ERROR(packs_.set.refresh());
    ASSIGN_OR_RETURN(auto names, list_packs(packs_.directory));
    for (const auto& name : names.plain) note(name, order_.stop ? ok() : clean_plain(name));
    // Once all of them are known: what is copied must not make one young that would be next.
    for (const auto& [name, share] : new_aside_) note(name, order_.stop ? ok() : rescue(name, share));
    for (const auto& name : names.aside) note(name, order_.stop ? ok() : clean_aside(name));
    RETURN_IF_ERROR(remove_orphans());
    return packs_.set.refresh();
  }

 private:
  struct Share {
    std::vector<PackedBlob> used;
    ByteCount used_bytes = 0, all_bytes = 0, index_bytes = 0;
    std::uint64_t unused = 0;
    // A pack is worth copying where that gives back more than it costs. What is neither used nor unused is read from
    // another pack, or lies between blobs.
    bool is_worth_removing() const {
      constexpr ByteCount kMuch = 1024 * 1024;
      bool gives_back = unused > 0 || used.empty() || all_bytes - std::min(all_bytes, used_bytes) > kMuch;
      return gives_back && used_bytes <= all_bytes / 2;
    }
  };

  // Code::corrupt where the index on the disk is not what is known of it: then nobody knows what the pack has.
  Result<void> check_index(const Share& share, const std::string& index) const {
    struct stat status;
    if (::stat(index.c_str(), &status) < 0) return system_error("cannot read its index", errno);
    if (static_cast<ByteCount>(status.st_size) == share.index_bytes && share.index_bytes > 0) return ok();
    return Error{Code::corrupt, "its index is damaged"};
  }

  Share share_of(const std::string& name) const {
    auto use = packs_.set.read_from(name);
    Share share;
    share.index_bytes = use.index_bytes;
    share.all_bytes = facts_of(path(name, ".pack")).value_or(FileFacts()).on_disk;
    for (const auto& packed : use.blobs) {
      if (!order_.is_used(packed.blob.id)) {
        ++share.unused;
        continue;
      }
      share.used_bytes += packed.blob.size;
      share.used.push_back(packed);
    }
    return share;
  }

  void note(const std::string& name, const Result<void>& done) {
    if (!done) cleaned_.left.push_back(fmt::format("the pack {} stays: {}", name, done.error().message));
  }

  // Its age is that of its contents: indexes are written again when they are made durable.
  Result<void> clean_plain(const std::string& name) {
    auto content = facts_of(path(name, ".pack"));
    if (!content || content->modified >= order_.before || content->on_disk == 0) return ok();
    if (!share_of(name).is_worth_removing()) return ok();
    ASSIGN_OR_RETURN(auto pack, packs_.pool.withdraw(name));
    if (!pack) return ok();
    RETURN_IF_ERROR(packs_.set.refresh());
    auto share = share_of(name);  // with what came in until it was withdrawn
    RETURN_IF_ERROR(check_index(share, path(name, ".idx")));
    RETURN_IF_ERROR(pack->set_aside(packs_.directory));
    cleaned_.set_aside += share.unused;
    new_aside_.emplace_back(name, std::move(share));
    return ok();
  }

  // Goes once nothing in it has been used for the whole time.
  Result<void> clean_aside(const std::string& name) {
    auto facts = facts_of(path(name, ".aside"));
    if (!facts) return ok();
    if (!is_missing(path(name, ".idx"))) return Error{Code::conflict, "it has two indexes, .idx and .aside"};
    auto share = share_of(name);
    RETURN_IF_ERROR(check_index(share, path(name, ".aside")));
    cleaned_.brought_back += share.used.size();
    if (!share.used.empty()) return share.is_worth_removing() ? rescue(name, share) : bring_back(name);
    if (facts->modified >= order_.before) return ok();
    auto content = facts_of(path(name, ".pack")).value_or(FileFacts());
    RETURN_IF_ERROR(packs_.set.sync_known());  // a second copy must not vanish with the power once this one has gone
    RETURN_IF_ERROR(remove(path(name, ".aside")));
    RETURN_IF_ERROR(sync_directory(packs_.directory));  // no index without its pack
    RETURN_IF_ERROR(remove(path(name, ".pack")));
    cleaned_.removed += share.unused;
    cleaned_.freed += content.on_disk;
    return ok();
  }

  // What is used is copied to another pack, and the time of the rest begins anew.
  Result<void> rescue(const std::string& name, const Share& share) {
    if (auto copied = copy(name, share.used); !copied) {
      RETURN_IF_ERROR(bring_back(name));
      return copied;
    }
    if (::utimensat(AT_FDCWD, path(name, ".aside").c_str(), nullptr, 0) < 0)
      return system_error("cannot set the time of the pack " + name, errno);
    return ok();
  }

  Result<void> bring_back(const std::string& name) {
    if (::rename(path(name, ".aside").c_str(), path(name, ".idx").c_str()) < 0)
      return system_error("cannot bring back the pack " + name, errno);
    return sync_directory(packs_.directory);
  }

  // To the packs that are appended to.
  Result<void> copy(const std::string& name, const std::vector<PackedBlob>& blobs) {
    if (blobs.empty()) return ok();
    ASSIGN_OR_RETURN(auto file, open_file(path(name, ".pack"), O_RDONLY));
    PackAppender appender(packs_.pool);
    PackRun run;
    std::vector<std::byte> buffer(kLargestPackedBlob);
    for (const auto& packed : blobs) {
      if (order_.stop) return Error{Code::unavailable, "cleaning was stopped"};
      auto bytes = MutableBytes(buffer).first(packed.blob.size);
      ASSIGN_OR_RETURN(auto got, read_at(file.get(), packed.offset, bytes, name + ".pack"));
      if (got < bytes.size() || sha256_of(bytes) != packed.blob.id)
        return Error{Code::corrupt, "its blob " + packed.blob.id.hex() + " is damaged"};
      run.add(packed.blob, bytes);
      if (!run.is_full()) continue;
      RETURN_IF_ERROR(appender.write(run.content(), run.blobs()));
      run.clear();
    }
    if (!run.is_empty()) RETURN_IF_ERROR(appender.write(run.content(), run.blobs()));
    RETURN_IF_ERROR(appender.publish());
    return packs_.set.refresh();
  }

  bool has_index(const std::string& name) const {
    return !is_missing(path(name, ".idx")) || !is_missing(path(name, ".aside"));
  }

  // Contents without an index: somebody died while they created or removed the pack.
  Result<void> remove_orphans() {
    ASSIGN_OR_RETURN(auto files, list_directory(packs_.directory));
    for (const auto& file : files) {
      if (!file.ends_with(".pack")) continue;
      auto name = file.substr(0, file.size() - 5);
      auto facts = facts_of(path(name, ".pack"));
      bool is_old = facts && facts->modified < order_.before;
      if (!is_old || has_index(name)) continue;
      auto content = open_file(path(name, ".pack"), O_RDWR);
      bool is_alone = content && ::flock(content->get(), LOCK_EX | LOCK_NB) == 0;  // else it is being created
      if (!is_alone || has_index(name)) continue;
      if (auto done = remove(path(name, ".pack")); !done) cleaned_.left.push_back(done.error().message);
    }
    return ok();
  }

  Result<void> remove(const std::string& file) {
    if (::unlink(file.c_str()) < 0) return system_error("cannot remove " + file, errno);
    return ok();
  }
  std::string path(const std::string& name, std::string_view extension) const {
    return fmt::format("{}/{}{}", packs_.directory, name, extension);
  }

  const PacksToClean& packs_;
  const model::CleaningOrder& order_;
  model::CleanedBlobs& cleaned_;
  std::vector<std::pair<std::string, Share>> new_aside_;
};

}  // namespace

Result<UniqueFd> lock_cleaning(const std::string& directory) {
  ASSIGN_OR_RETURN(auto lock, open_file(directory, O_RDONLY | O_DIRECTORY));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return Error{Code::unavailable, "these files are being cleaned up right now"};
  return system_error("cannot lock " + directory, errno);
}

Result<void> clean_large(const std::string& directory, const model::CleaningOrder& order,
                         model::CleanedBlobs& cleaned) {
  for (int first = 0; first < 256 && !order.stop; ++first) {
    auto name = fmt::format("{:02x}", first);
    RETURN_IF_ERROR(LargeFolder(directory + "/" + name, name, order, cleaned).clean());
  }
  ASSIGN_OR_RETURN(auto names, list_directory(directory));
  for (const auto& name : names) {  // on a file system without O_TMPFILE, of a process that was killed
    auto file = directory + "/" + name;
    auto facts = facts_of(file);
    bool is_left = name.starts_with("incoming-") && facts && facts->modified < order.before;
    if (is_left && ::unlink(file.c_str()) == 0) cleaned.freed += facts->on_disk;
  }
  return ok();
}

Result<void> clean_packs(const PacksToClean& packs, const model::CleaningOrder& order, model::CleanedBlobs& cleaned) {
  return Packs(packs, order, cleaned).clean();
}

}  // namespace dray::files

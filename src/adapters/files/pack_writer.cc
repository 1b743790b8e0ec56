#include "adapters/files/pack_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/random.h"

namespace dray::files {
namespace {

ByteCount file_size(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 ? static_cast<ByteCount>(status.st_size) : 0;
}

}  // namespace

void PackRun::add(const model::Blob& blob, Bytes bytes) {
  content_.resize(place_behind(content_.size(), bytes.size()));
  blobs_.push_back({blob, content_.size()});
  content_.insert(content_.end(), bytes.begin(), bytes.end());
}

void PackRun::clear() {
  content_.clear();
  blobs_.clear();
}

Result<std::unique_ptr<OpenPack>> OpenPack::open(const std::string& directory, const std::string& name) {
  std::unique_ptr<OpenPack> pack(new OpenPack(name));
  auto path = directory + "/" + name;
  auto content = open_file(path + ".pack", O_RDWR);
  if (!content) return std::unique_ptr<OpenPack>();  // readers say so
  pack->content_ = *std::move(content);
  if (::flock(pack->content_.get(), LOCK_EX | LOCK_NB) < 0) return std::unique_ptr<OpenPack>();
  auto index = open_file(path + ".idx", O_RDWR);
  if (!index && index.error().code == Code::not_found) return std::unique_ptr<OpenPack>();  // set aside
  if (!index) return std::move(index).error();
  pack->index_ = *std::move(index);
  RETURN_IF_ERROR(sync_directory(directory));  // whoever created it may have died before
  RETURN_IF_ERROR(pack->cut_torn_records());
  auto size = file_size(pack->content_.get());
  pack->published_ = pack->end_;
  pack->failed_ = size < pack->end_;  // damaged
  if (pack->failed_ || pack->is_full()) return pack;
  pack->end_ = size;
  pack->give_up();  // bytes that a killed process never published
  return pack;
}

// The contents of a pack, locked. Until then they look like what somebody left behind: whether they are still there.
Result<bool> OpenPack::create_content(const std::string& file) {
  ASSIGN_OR_RETURN(content_, open_file(file, O_RDWR | O_CREAT | O_EXCL));
  if (::flock(content_.get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno == EWOULDBLOCK) return false;  // whoever cleans is about to remove it
    return system_error("cannot lock the new pack " + name_, errno);
  }
  struct stat status;
  if (::fstat(content_.get(), &status) < 0) return system_error("cannot look at the new pack " + name_, errno);
  return status.st_nlink > 0;
}

Result<std::unique_ptr<OpenPack>> OpenPack::create(const std::string& directory) {
  SystemRandom random;
  std::unique_ptr<OpenPack> pack;
  std::string path;
  for (bool is_there = false; !is_there;) {
    pack.reset(new OpenPack(random_hex(random, 8)));
    path = directory + "/" + pack->name_;
    ASSIGN_OR_RETURN(is_there, pack->create_content(path + ".pack"));
  }
  auto index = open_file(path + ".idx", O_RDWR | O_CREAT | O_EXCL);
  if (!index) {
    ::unlink((path + ".pack").c_str());
    return std::move(index).error();
  }
  pack->index_ = *std::move(index);
  RETURN_IF_ERROR(sync_directory(directory));
  return pack;
}

// What a killed process left torn at the index's end is cut. end_ is where the last blob of the pack ends.
Result<void> OpenPack::cut_torn_records() {
  std::vector<std::byte> buffer(kPackRecordSize * 4096);
  for (ByteCount position = 0;;) {
    ASSIGN_OR_RETURN(auto got, read_at(index_.get(), position, buffer, name_ + ".idx"));
    for (std::size_t at = 0; at + kPackRecordSize <= got; at += kPackRecordSize) {
      position += kPackRecordSize;
      auto packed = parse_pack_record(buffer.data() + at);
      if (!packed) continue;
      if (packed->blob.size > 0) end_ = std::max(end_, packed->offset + packed->blob.size);
      index_end_ = position;
    }
    if (got < buffer.size()) break;
  }
  if (file_size(index_.get()) > index_end_ && ::ftruncate(index_.get(), static_cast<off_t>(index_end_)) < 0)
    return system_error("cannot shorten " + name_ + ".idx", errno);
  return ok();
}

Result<void> OpenPack::write(Bytes content, std::span<const PackedBlob> blobs) {
  auto offset = place_behind(end_, content.size());
  end_ = offset + content.size();
  RETURN_IF_ERROR(write_at(content_.get(), offset, content, name_ + ".pack"));
  ::sync_file_range(content_.get(), static_cast<off_t>(offset), static_cast<off_t>(content.size()),
                    SYNC_FILE_RANGE_WRITE);  // the disk may begin while the next are still being read
  for (const auto& packed : blobs) append_pack_record(records_, {packed.blob, offset + packed.offset});
  return ok();
}

Result<void> OpenPack::publish() {
  auto done = sync_data(content_.get(), name_ + ".pack");
  failed_ = !done;
  if (done) done = write_records();
  if (!done) return done;
  published_ = end_;
  index_end_ += records_.size();
  records_.clear();
  return ok();
}

// That there is no room for the records shows before the first of them is written. What a later failure leaves in the
// index is not cut: others may have read whole records by now, and they are right. The next process to append cuts a
// torn one.
Result<void> OpenPack::write_records() {
  auto begin = static_cast<off_t>(index_end_), length = static_cast<off_t>(records_.size());
  if (::fallocate(index_.get(), FALLOC_FL_KEEP_SIZE, begin, length) < 0 && (errno == ENOSPC || errno == EDQUOT))
    return system_error("cannot write " + name_ + ".idx", errno);
  auto done = write_at(index_.get(), index_end_, records_, name_ + ".idx");
  if (done) done = sync_data(index_.get(), name_ + ".idx");
  if (done) return ok();
  failed_ = true;
  published_ = end_;
  return done;
}

void OpenPack::give_up() {
  records_.clear();
  if (end_ == published_) return;
  if (::ftruncate(content_.get(), static_cast<off_t>(published_)) == 0) end_ = published_;
}

// Whoever writes it holds its lock, so that nothing of it can be on its way to the disk but what died with its writer.
Result<void> OpenPack::set_aside(const std::string& directory) {
  RETURN_IF_ERROR(sync_data(index_.get(), name_ + ".idx"));
  auto path = directory + "/" + name_;
  if (::futimens(index_.get(), nullptr) < 0 || ::rename((path + ".idx").c_str(), (path + ".aside").c_str()) < 0)
    return system_error("cannot set aside the pack " + name_, errno);
  return sync_directory(directory);
}

Result<std::unique_ptr<OpenPack>> PackPool::take() {
  std::lock_guard lock(mutex_);
  if (!idle_.empty()) {
    auto pack = std::move(idle_.back());
    idle_.pop_back();
    return pack;
  }
  ASSIGN_OR_RETURN(auto names, list_packs(directory_));
  for (const auto& name : names.plain) {
    if (unusable_.contains(name)) continue;
    ASSIGN_OR_RETURN(auto pack, OpenPack::open(directory_, name));
    if (!pack) continue;
    if (!pack->has_failed() && !pack->is_full()) return pack;
    unusable_.insert(name);
  }
  return OpenPack::create(directory_);
}

void PackPool::give(std::unique_ptr<OpenPack> pack) {
  std::lock_guard lock(mutex_);
  if (pack->has_failed() || pack->is_full())
    unusable_.insert(pack->name());
  else
    idle_.push_back(std::move(pack));
}

Result<std::unique_ptr<OpenPack>> PackPool::withdraw(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto idle = std::find_if(idle_.begin(), idle_.end(), [&](const auto& pack) { return pack->name() == name; });
  std::unique_ptr<OpenPack> pack;
  if (idle != idle_.end()) {
    pack = std::move(*idle);
    idle_.erase(idle);
  } else {
    ASSIGN_OR_RETURN(pack, OpenPack::open(directory_, name));
  }
  if (pack) unusable_.insert(name);
  return pack;
}

Result<void> PackAppender::write(Bytes content, std::span<const PackedBlob> blobs) {
  if (packs_.empty() || packs_.back()->is_full()) {
    ASSIGN_OR_RETURN(auto pack, pool_.take());
    packs_.push_back(std::move(pack));
  }
  return packs_.back()->write(content, blobs);
}

Result<void> PackAppender::publish() {
  for (const auto& pack : packs_) RETURN_IF_ERROR(pack->publish());
  give_back();
  return ok();
}

void PackAppender::give_back() {
  for (auto& pack : packs_) {
    pack->give_up();
    pool_.give(std::move(pack));
  }
  packs_.clear();
}

}  // namespace dray::files

#include "service/fetching/verify.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "base/file.h"
#include "lang/zip/reader.h"
#include "service/fetching/parallel.h"

namespace dray::fetching {
namespace {

constexpr std::size_t kBuffer = 1024 * 1024;

class FileInput final : public zip::Input {
 public:
  FileInput(int fd, ByteCount size, const std::string& name) : fd_(fd), size_(size), name_(name) {}
  ByteCount size() const override { return size_; }
  Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const override {
    return dray::read_at(fd_, offset, into, name_);
  }

 private:
  int fd_;
  ByteCount size_;
  const std::string& name_;
};

Error corrupt(const std::string& file, std::string_view entry, std::string_view why) {
  return {Code::corrupt, fmt::format("{}: \"{}\" is not what it should be: {}", file, printable(entry), why)};
}

// The indices of the entries in the order of their names: what the archive and the manifest list in different orders.
template <typename NameOf>
std::vector<std::uint32_t> order_by_name(std::size_t count, const NameOf& name_of) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return name_of(a) < name_of(b); });
  return order;
}

class ArchiveCheck {
 public:
  ArchiveCheck(const FileInput& input, const std::string& name, const Manifest* manifest, const Means& means)
      : input_(input), name_(name), manifest_(manifest), means_(means) {}

  Result<void> run() {
    auto directory = zip::read_directory(input_);
    if (!directory && directory.error().code != Code::corrupt) return directory.error();
    if (!directory) return Error{Code::corrupt, fmt::format("{} is damaged: {}", name_, directory.error().message)};
    entries_ = std::move(directory->entries);
    if (manifest_) RETURN_IF_ERROR(pair_up());
    Meter meter(means_.open_progress("verifying " + name_), {0, total(), 0, file_count()});
    return for_each_parallel(entries_.size(), [&](std::size_t i) { return check(i, meter); });
  }

 private:
  ByteCount total() const {
    return std::accumulate(entries_.begin(), entries_.end(), ByteCount{0},
                           [](ByteCount sum, const auto& entry) { return sum + entry.size; });
  }

  std::uint64_t file_count() const {
    return static_cast<std::uint64_t>(
        std::count_if(entries_.begin(), entries_.end(), [](const auto& entry) { return !entry.is_directory(); }));
  }

  // partner_[i] becomes the manifest's entry for entries_[i].
  Result<void> pair_up() {
    if (entries_.size() != manifest_->count()) {
      return Error{Code::corrupt,
                   fmt::format("{} has {} entries, the server says {}", name_, entries_.size(), manifest_->count())};
    }
    auto here = order_by_name(entries_.size(), [&](auto i) { return std::string_view(entries_[i].name); });
    auto there = order_by_name(manifest_->count(), [&](auto i) { return manifest_->entry(i).name; });
    partner_.resize(entries_.size());
    for (std::size_t i = 0; i < here.size(); ++i) {
      const auto& entry = entries_[here[i]];
      auto expected = manifest_->entry(there[i]);
      if (entry.name != expected.name) return corrupt(name_, entry.name, "the server does not list it");
      if (entry.size != expected.data.length) return corrupt(name_, entry.name, "another size");
      if (entry.crc32 != expected.crc32 && !entry.is_directory())
        return corrupt(name_, entry.name, "another CRC-32 than the server says");
      partner_[here[i]] = there[i];
    }
    return ok();
  }

  Result<void> check(std::size_t index, Meter& meter) {
    auto entry = entries_[index];
    Sha256Hasher hasher;
    auto read = zip::read_entry(input_, entry, [&](Bytes bytes) -> Result<void> {
      if (means_.stop.requested()) return stopped();
      if (manifest_) hasher.update(bytes);
      meter.add(bytes.size(), 0);
      return ok();
    });
    if (!read && read.error().code != Code::corrupt) return read;
    if (!read) return corrupt(name_, entry.name, read.error().message);
    if (entry.is_directory()) return ok();
    meter.add(0, 1);
    if (!manifest_) return ok();
    auto expected = manifest_->entry(partner_[index]);
    if (hasher.finish() != expected.sha256) return corrupt(name_, entry.name, "another SHA-256 than the server says");
    if (entry.size > 0 && entry.data_offset != expected.data.offset)
      return corrupt(name_, entry.name, "it lies elsewhere");
    return ok();
  }

  const FileInput& input_;
  const std::string& name_;
  const Manifest* manifest_;
  const Means& means_;
  std::vector<zip::ReadEntry> entries_;
  std::vector<std::uint32_t> partner_;
};

}  // namespace

Result<std::optional<Sha256>> hash_file(int fd, ByteCount size, const std::string& name, const StopSignal& stop) {
  struct stat status;
  if (::fstat(fd, &status) < 0) return system_error("cannot read " + name, errno);
  if (static_cast<ByteCount>(status.st_size) != size) return std::optional<Sha256>();
  Sha256Hasher hasher;
  std::vector<std::byte> buffer(std::min<ByteCount>(size, kBuffer));
  for (ByteCount offset = 0; offset < size;) {
    if (stop.requested()) return stopped();
    ASSIGN_OR_RETURN(auto got, read_at(fd, offset, buffer, name));
    if (got == 0) return std::optional<Sha256>();
    hasher.update(Bytes(buffer).first(got));
    offset += got;
  }
  return std::optional(hasher.finish());
}

Result<void> verify_file(int fd, const std::string& name, const Manifest* manifest, const Means& means) {
  struct stat status;
  if (::fstat(fd, &status) < 0) return system_error("cannot read " + name, errno);
  auto size = static_cast<ByteCount>(status.st_size);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  if (manifest && manifest->artifact.size != size)
    return Error{Code::corrupt, fmt::format("{} has another size than the server says", name)};
  if (manifest && manifest->is_bare()) {
    ASSIGN_OR_RETURN(auto hash, hash_file(fd, size, name, means.stop));
    if (hash != manifest->entry(0).sha256)
      return corrupt(name, manifest->entry(0).name, "another SHA-256 than the server says");
    return ok();
  }
  if (!manifest && !name.ends_with(".zip"))
    return Error{Code::invalid, fmt::format("{} cannot be verified: the server has no manifest of it", name)};
  FileInput input(fd, size, name);
  return ArchiveCheck(input, name, manifest, means).run();
}

}  // namespace dray::fetching

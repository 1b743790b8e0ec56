#include "service/fetching/save.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "service/fetching/finished_mark.h"
#include "service/fetching/tree.h"
#include "service/fetching/verify.h"

namespace dray::fetching {
namespace {

constexpr std::size_t kWriteBuffer = 256 * 1024;

// Gathers libcurl's small pieces into larger writes.
class PartWriter final : public ChunkWriter {
 public:
  PartWriter(int fd, const std::string& name, Checkpoint& checkpoint, const ChunkGrid& grid)
      : fd_(fd), name_(name), checkpoint_(checkpoint), grid_(grid) {}

  Result<void> write(ByteCount offset, Bytes bytes) override {
    if (!buffer_.empty() && offset != start_ + buffer_.size()) RETURN_IF_ERROR(flush());
    if (buffer_.empty()) start_ = offset;
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return buffer_.size() < kWriteBuffer ? ok() : flush();
  }
  Result<void> finish_chunk(std::uint64_t chunk) override {
    RETURN_IF_ERROR(flush());
    return checkpoint_.add(chunk, grid_.range_of(chunk).length);
  }

 private:
  Result<void> flush() {
    auto written = write_at(fd_, start_, buffer_, name_);
    buffer_.clear();
    return written;
  }

  int fd_;
  const std::string& name_;
  Checkpoint& checkpoint_;
  const ChunkGrid& grid_;
  ByteCount start_ = 0;
  std::vector<std::byte> buffer_;
};

class Saving {
 public:
  Saving(const RemoteFile& file, int folder, const std::string& folder_path, const std::string& name,
         const SaveOptions& options, const GetManifest& manifest, const Means& means)
      : file_(file),
        folder_(folder),
        path_(folder_path + "/" + name),
        name_(name),
        options_(options),
        get_manifest_(manifest),
        means_(means) {
    saved_.name = name;
    saved_.identity = file.identity;
  }

  Result<Saved> run() {
    auto marks_of = [](const ChunkGrid& grid) { return grid.count(); };
    auto opened =
        open_journal(path_ + ".part.state", "file", file_.identity, means_.chunk_size, marks_of, options_.restart);
    if (!opened) return explain_disk(opened.error(), name_);
    auto result = run_with(*opened);
    // A lock on nothing is left to nobody: neither by success nor by an error before the first byte.
    bool nothing_kept = !result && ::faccessat(folder_, part().c_str(), F_OK, AT_SYMLINK_NOFOLLOW) < 0;
    if (nothing_kept) RETURN_IF_ERROR(opened->journal.remove());
    if (!result) return explain_disk(result.error(), name_);
    return saved_;
  }

 private:
  std::string part() const { return name_ + ".part"; }

  Result<void> run_with(OpenedJournal& opened) {
    ASSIGN_OR_RETURN(bool complete, look_at_existing());
    if (complete) {
      saved_.was_complete = true;
      return opened.journal.remove();
    }
    RETURN_IF_ERROR(open_part(opened));
    RETURN_IF_ERROR(fetch(opened));
    if (::fsync(part_.get()) < 0) return system_error("cannot make " + part() + " durable", errno);
    if (options_.verify == Verify::yes) {
      if (auto verified = verify(part_.get()); !verified) return put_aside(verified.error(), part(), opened.journal);
    }
    set_finished_mark(part_.get(), file_.identity);
    RETURN_IF_ERROR(rename_in(folder_, part(), name_,
                              options_.overwrite == Overwrite::yes ? Tree::Replace::yes : Tree::Replace::no));
    if (::fsync(folder_) < 0) return system_error("cannot make " + name_ + " durable", errno);
    return opened.journal.remove();
  }

  // Whether NAME is a complete copy already.
  Result<bool> look_at_existing() {
    UniqueFd fd(::openat(folder_, name_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd && errno == ENOENT) return false;
    if (!fd && errno != ELOOP) return system_error("cannot open " + name_, errno);
    struct stat status;
    bool is_file = fd && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
    if (!is_file) return Error{Code::conflict, fmt::format("{} is in the way: not a file", name_)};
    if (has_finished_mark(fd.get(), file_.identity)) {
      if (options_.verify == Verify::no) return true;
      auto verified = verify(fd.get());
      if (verified) return true;
      if (verified.error().code != Code::corrupt) return verified.error();
      return put_aside(verified.error(), name_);
    }
    ASSIGN_OR_RETURN(bool same, has_same_content(fd.get(), static_cast<ByteCount>(status.st_size)));
    if (same || options_.overwrite == Overwrite::yes) return same;
    return Error{Code::conflict, fmt::format("{} exists and is another file; --overwrite replaces it", name_)};
  }

  Result<bool> has_same_content(int fd, ByteCount size) {
    if (size != file_.identity.size) return false;
    ASSIGN_OR_RETURN(const auto* manifest, get_manifest_());
    if (!manifest) return false;
    means_.notice(fmt::format("{} exists: comparing it with what the server has", name_));
    auto verified = verify_file(fd, name_, manifest, means_);
    if (!verified && verified.error().code == Code::unavailable) return verified.error();
    if (!verified) return false;
    saved_.verified = true;
    set_finished_mark(fd, file_.identity);
    return true;
  }

  Result<void> open_part(OpenedJournal& opened) {
    part_.reset(::openat(folder_, part().c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666));
    struct stat status;
    if (!part_ || ::fstat(part_.get(), &status) < 0) return system_error("cannot open " + part(), errno);
    if (!S_ISREG(status.st_mode)) return Error{Code::conflict, fmt::format("{} is in the way: not a file", part())};
    if (static_cast<ByteCount>(status.st_size) == file_.identity.size) return ok();
    // The marks speak of bytes that are no longer there.
    if (opened.goes_on) RETURN_IF_ERROR(opened.journal.begin(*opened.journal.kept()));
    if (::ftruncate(part_.get(), static_cast<off_t>(file_.identity.size)) < 0)
      return system_error("cannot write " + part(), errno);
    return ok();
  }

  Result<void> fetch(OpenedJournal& opened) {
    const auto& grid = opened.grid;
    std::vector<bool> wanted(grid.count());
    for (std::uint64_t i = 0; i < grid.count(); ++i) {
      wanted[i] = !opened.journal.is_marked(i);
      if (wanted[i]) saved_.bytes_fetched += grid.range_of(i).length;
    }
    Meter meter(means_.open_progress(name_), {grid.size() - saved_.bytes_fetched, grid.size(), 0, 0});
    Checkpoint checkpoint(opened.journal, [&] { return sync_data(part_.get(), part()); }, {});
    ChunkQueue queue(grid, std::move(wanted), means_.connections);
    auto open_writer = [&]() -> Result<std::unique_ptr<ChunkWriter>> {
      return std::unique_ptr<ChunkWriter>(std::make_unique<PartWriter>(part_.get(), name_, checkpoint, grid));
    };
    auto fetched = transfer(file_, grid, queue, open_writer, meter, means_);
    auto kept = checkpoint.flush();
    return fetched ? kept : fetched;
  }

  Result<void> verify(int fd) {
    ASSIGN_OR_RETURN(const auto* manifest, get_manifest_());
    RETURN_IF_ERROR(verify_file(fd, name_, manifest, means_));
    saved_.verified = true;
    return ok();
  }

  // Corrupt bytes are kept for those who want to know, under a name that nobody takes for the file.
  Error put_aside(const Error& error, const std::string& from) {
    if (error.code != Code::corrupt) return error;
    if (auto moved = rename_in(folder_, from, name_ + ".corrupt", Tree::Replace::yes); !moved) return moved.error();
    return {error.code, fmt::format("{}; it is kept as {}.corrupt", error.message, name_), error.detail};
  }
  Error put_aside(const Error& error, const std::string& from, Journal& journal) {
    auto told = put_aside(error, from);
    if (error.code != Code::corrupt) return told;
    auto removed = journal.remove();
    return removed ? told : removed.error();
  }

  const RemoteFile& file_;
  const int folder_;
  const std::string path_, name_;
  const SaveOptions& options_;
  const GetManifest& get_manifest_;
  const Means& means_;
  UniqueFd part_;
  Saved saved_;
};

}  // namespace

Error explain_disk(Error error, const std::string& name) {
  if (error.code != Code::full) return error;
  return {Code::full,
          fmt::format(
              "no room left on the disk for {}; what is there is kept: make room and run the same command again", name),
          error.message};
}

Result<Saved> save_artifact(const RemoteFile& file, int folder, const std::string& folder_path, const std::string& name,
                            const SaveOptions& options, const GetManifest& manifest, const Means& means) {
  return Saving(file, folder, folder_path, name, options, manifest, means).run();
}

}  // namespace dray::fetching

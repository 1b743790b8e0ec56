#include "service/fetching/extract.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "service/fetching/finished_mark.h"
#include "service/fetching/parallel.h"
#include "service/fetching/placement.h"
#include "service/fetching/tree.h"
#include "service/fetching/verify.h"

namespace dray::fetching {
namespace {

constexpr std::size_t kWriteBuffer = 256 * 1024;
constexpr unsigned kCheckers = 2;
// A whole file system is synced, not one file: less often.
constexpr Checkpoint::Limits kSyncLimits{256 * 1024 * 1024, std::chrono::milliseconds(2000)};

// Files that are complete and wait to be checked. From any thread.
class CheckList {
 public:
  void add(const std::vector<std::size_t>& entries) {
    std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.end(), entries.begin(), entries.end());
    changed_.notify_all();
  }
  enum class Rest { check, drop };
  void close(Rest rest) {
    std::lock_guard lock(mutex_);
    closed_ = true;
    if (rest == Rest::drop) waiting_.clear();
    changed_.notify_all();
  }
  std::optional<std::size_t> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return std::nullopt;
    auto entry = waiting_.front();
    waiting_.pop_front();
    return entry;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> waiting_;
  bool closed_ = false;
};

// Scatters the bytes of chunks over the wanted files.
class FilesWriter final : public ChunkWriter {
 public:
  FilesWriter(const Manifest& manifest, const std::vector<EntryState>& states, Tree tree,
              std::function<Result<void>(std::uint64_t)> on_chunk)
      : manifest_(manifest), states_(states), tree_(std::move(tree)), on_chunk_(std::move(on_chunk)) {}

  Result<void> write(ByteCount offset, Bytes bytes) override {
    return for_each_piece(manifest_, offset, bytes, [&](const Piece& piece) -> Result<void> {
      return states_[piece.entry] == EntryState::wanted ? put(piece) : ok();
    });
  }
  Result<void> finish_chunk(std::uint64_t chunk) override {
    RETURN_IF_ERROR(flush());
    return on_chunk_(chunk);
  }

 private:
  Result<void> put(const Piece& piece) {
    if (piece.entry != entry_ || piece.offset != start_ + buffer_.size()) {
      RETURN_IF_ERROR(flush());
      if (piece.entry != entry_ || !fd_) RETURN_IF_ERROR(enter(piece.entry));
      start_ = piece.offset;
    }
    buffer_.insert(buffer_.end(), piece.bytes.begin(), piece.bytes.end());
    return buffer_.size() < kWriteBuffer ? ok() : flush();
  }

  Result<void> enter(std::size_t entry) {
    ASSIGN_OR_RETURN(fd_, tree_.open(manifest_.entry(entry).name, O_WRONLY | O_CREAT));
    entry_ = entry;
    return ok();
  }

  Result<void> flush() {
    if (buffer_.empty()) return ok();
    auto written = write_at(fd_.get(), start_, buffer_, tree_.shown(manifest_.entry(entry_).name));
    start_ += buffer_.size();
    buffer_.clear();
    return written;
  }

  const Manifest& manifest_;
  const std::vector<EntryState>& states_;
  Tree tree_;
  const std::function<Result<void>(std::uint64_t)> on_chunk_;
  std::size_t entry_ = SIZE_MAX;
  UniqueFd fd_;
  ByteCount start_ = 0;
  std::vector<std::byte> buffer_;
};

void set_modified(int fd, const ManifestEntry& entry) {
  if (!entry.modified) return;
  timespec times[2] = {{0, UTIME_OMIT}, {entry.modified->time_since_epoch().count(), 0}};
  ::futimens(fd, times);  // a nicety
}

class Extraction {
 public:
  Extraction(const RemoteFile& file, const Manifest& manifest, int folder, const std::string& folder_path,
             const std::string& name, const SaveOptions& options, const Means& means)
      : file_(file),
        manifest_(manifest),
        folder_(folder),
        path_(folder_path + "/" + name),
        name_(name),
        options_(options),
        means_(means) {
    saved_.name = name;
    saved_.identity = file.identity;
    saved_.is_folder = true;
    saved_.verified = true;
  }

  Result<Saved> run() {
    RETURN_IF_ERROR(check_names(manifest_));
    auto marks_of = [&](const ChunkGrid& grid) { return grid.count() + manifest_.count(); };
    auto opened =
        open_journal(path_ + ".part.state", "folder", file_.identity, means_.chunk_size, marks_of, options_.restart);
    if (!opened) return explain_disk(opened.error(), name_);
    opened_ = &*opened;
    auto result = run_locked();
    bool nothing_kept = !result && ::faccessat(folder_, part().c_str(), F_OK, AT_SYMLINK_NOFOLLOW) < 0;
    if (nothing_kept) RETURN_IF_ERROR(journal().remove());
    if (!result) return explain_disk(result.error(), name_);
    return saved_;
  }

 private:
  std::string part() const { return name_ + ".part"; }
  Journal& journal() { return opened_->journal; }
  const ChunkGrid& grid() const { return opened_->grid; }
  std::uint64_t mark_of(std::size_t entry) const { return grid().count() + entry; }

  Result<void> run_locked() {
    states_.assign(manifest_.count(), EntryState::wanted);
    ASSIGN_OR_RETURN(target_, Tree::find(folder_, name_, path_));
    ASSIGN_OR_RETURN(bool complete, is_complete_already());
    if (complete) {
      saved_.was_complete = true;
      remove_part();
      return journal().remove();
    }
    RETURN_IF_ERROR(take_what_an_earlier_run_left());
    if (target_) RETURN_IF_ERROR(compare_with_target());
    if (!staging_) {
      ASSIGN_OR_RETURN(auto made, Tree::make(folder_, part(), path_ + ".part"));
      staging_ = std::move(made);
    }
    RETURN_IF_ERROR(make_folders_and_empty_files());
    RETURN_IF_ERROR(fetch());
    RETURN_IF_ERROR(target_ ? merge() : appear());
    return journal().remove();
  }

  // A marked folder whose files are all there, with their sizes; with Verify::yes with their content.
  Result<bool> is_complete_already() {
    if (!target_ || !has_finished_mark(target_->fd(), file_.identity)) return false;
    for (std::size_t i = 0; i < manifest_.count(); ++i) {
      if (!is_there(*target_, manifest_.entry(i))) return false;
      if (manifest_.entry(i).is_directory()) continue;
      saved_.files = ++files_;
    }
    if (options_.verify == Verify::no) {
      saved_.verified = false;
      return true;
    }
    means_.notice(fmt::format("{} exists: comparing it with what the server has", name_));
    RETURN_IF_ERROR(for_each_parallel(manifest_.count(), [&](std::size_t i) -> Result<void> {
      auto entry = manifest_.entry(i);
      if (entry.is_directory()) return ok();
      ASSIGN_OR_RETURN(bool same, is_same(*target_, entry));
      if (same) return ok();
      return Error{Code::corrupt,
                   fmt::format("{} is not what it should be: another SHA-256 than the server says; remove it and run "
                               "the same command again",
                               target_->shown(entry.name))};
    }));
    return true;
  }

  static bool is_there(Tree& tree, const ManifestEntry& entry) {
    auto status = tree.status(entry.name);
    if (!status) return false;
    if (entry.is_directory()) return S_ISDIR(status->st_mode);
    return S_ISREG(status->st_mode) && static_cast<ByteCount>(status->st_size) == entry.data.length;
  }

  // From any thread: opens its own way through `tree`.
  Result<bool> is_same(const Tree& tree, const ManifestEntry& entry) const {
    ASSIGN_OR_RETURN(auto own, tree.again());
    ASSIGN_OR_RETURN(auto fd, own.open(entry.name, O_RDONLY));
    ASSIGN_OR_RETURN(auto hash, hash_file(fd.get(), entry.data.length, tree.shown(entry.name), means_.stop));
    return hash == entry.sha256;
  }

  // Marks are believed only as far as the files they speak of are there: they may have been moved to the target
  // already, or somebody may have removed them.
  Result<void> take_what_an_earlier_run_left() {
    ASSIGN_OR_RETURN(staging_, Tree::find(folder_, part(), path_ + ".part"));
    if (!opened_->goes_on) return ok();
    if (!staging_) return begin_anew();
    std::vector<std::uint64_t> wrong;
    for (std::size_t i = 0; i < manifest_.count(); ++i) {
      auto entry = manifest_.entry(i);
      if (entry.is_directory()) continue;
      if (journal().is_marked(mark_of(i))) {
        if (is_there(*staging_, entry)) {
          states_[i] = EntryState::staged;
          continue;
        }
        wrong.push_back(mark_of(i));
      }
      add_chunks_without_bytes(entry, wrong);
    }
    return journal().unmark(wrong);
  }

  Result<void> begin_anew() {
    opened_->goes_on = false;
    return journal().begin(*journal().kept());
  }

  void add_chunks_without_bytes(const ManifestEntry& entry, std::vector<std::uint64_t>& wrong) {
    auto span = grid().span_of(entry.data);
    auto status = staging_->status(entry.name);
    auto size = status && S_ISREG(status->st_mode) ? static_cast<ByteCount>(status->st_size) : 0;
    if (size >= entry.data.length) return;
    for (auto chunk = span.first; chunk < span.end; ++chunk) {
      auto end = std::min(entry.data.end(), grid().range_of(chunk).end()) - entry.data.offset;
      if (end > size && journal().is_marked(chunk)) wrong.push_back(chunk);
    }
  }

  Result<void> compare_with_target() {
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < manifest_.count(); ++i) {
      auto entry = manifest_.entry(i);
      if (entry.is_directory() || states_[i] == EntryState::staged || !target_->status(entry.name)) continue;
      if (is_there(*target_, entry)) {
        candidates.push_back(i);
      } else {
        RETURN_IF_ERROR(may_replace(entry));
      }
    }
    if (candidates.empty()) return ok();
    means_.notice(fmt::format("{} exists: comparing it with what the server has", name_));
    return for_each_parallel(candidates.size(), [&](std::size_t k) -> Result<void> {
      auto i = candidates[k];
      ASSIGN_OR_RETURN(bool same, is_same(*target_, manifest_.entry(i)));
      if (!same) return may_replace(manifest_.entry(i));
      states_[i] = EntryState::kept;
      return ok();
    });
  }

  Result<void> may_replace(const ManifestEntry& entry) const {
    if (options_.overwrite == Overwrite::yes) return ok();
    return Error{Code::conflict,
                 fmt::format("{} exists and is another file; --overwrite replaces it", target_->shown(entry.name))};
  }

  Result<void> make_folders_and_empty_files() {
    for (std::size_t i = 0; i < manifest_.count(); ++i) {
      auto entry = manifest_.entry(i);
      if (entry.data.length > 0) break;  // empty ones come first
      if (entry.is_directory()) {
        RETURN_IF_ERROR(staging_->make_folder(entry.name));
      } else if (states_[i] == EntryState::wanted) {
        RETURN_IF_ERROR(staging_->open(entry.name, O_WRONLY | O_CREAT | O_TRUNC));
      }
    }
    return ok();
  }

  Result<void> fetch() {
    auto missing = missing_chunks();
    ByteCount left = bytes_of_chunks(missing);
    for (std::size_t i = 0; i < manifest_.count(); ++i) files_ += !manifest_.entry(i).is_directory();
    saved_.files = files_;
    saved_.was_complete =
        std::all_of(states_.begin(), states_.end(), [](auto state) { return state == EntryState::kept; });
    auto done = static_cast<std::uint64_t>(
        std::count_if(states_.begin(), states_.end(), [](auto state) { return state != EntryState::wanted; }));
    Meter meter(means_.open_progress(name_), {grid().size() - left, grid().size(), done, files_});
    RETURN_IF_ERROR(pass(std::move(missing), meter));
    if (wrong_.empty()) return ok();
    RETURN_IF_ERROR(forget_wrong_files(missing));
    meter.add_total(bytes_of_chunks(missing));
    RETURN_IF_ERROR(pass(std::move(missing), meter));
    if (wrong_.empty()) return ok();
    auto others = wrong_.size() - 1;
    auto name = printable(manifest_.entry(wrong_.front()).name);
    RETURN_IF_ERROR(forget_wrong_files(missing));  // so that the next run fetches them again
    return Error{
        Code::corrupt,
        fmt::format(
            "{}: \"{}\"{} not what it should be: another SHA-256 than the server says, twice; what is right is kept",
            name_, name, others ? fmt::format(" and {} more are", others) : " is")};
  }

  std::vector<bool> missing_chunks() {
    std::vector<bool> missing(grid().count());
    for (std::size_t i = 0; i < manifest_.count(); ++i) {
      if (states_[i] != EntryState::wanted) continue;
      auto span = grid().span_of(manifest_.entry(i).data);
      for (auto chunk = span.first; chunk < span.end; ++chunk) missing[chunk] = !journal().is_marked(chunk);
    }
    return missing;
  }

  ByteCount bytes_of_chunks(const std::vector<bool>& chunks) const {
    ByteCount bytes = 0;
    for (std::size_t i = 0; i < chunks.size(); ++i) bytes += chunks[i] ? grid().range_of(i).length : 0;
    return bytes;
  }

  // Fetches the missing chunks and checks the wanted files as they become complete; the wrong ones are then in wrong_.
  Result<void> pass(std::vector<bool> missing, Meter& meter) {
    wrong_.clear();
    saved_.bytes_fetched += bytes_of_chunks(missing);
    CompletionCount count(manifest_, grid(), states_, missing);
    Checkpoint checkpoint(
        journal(), [&] { return sync_everything(); }, kSyncLimits);
    ChunkQueue queue(grid(), std::move(missing), means_.connections);
    CheckList list;
    list.add(count.complete());
    Result<void> checked;
    std::jthread checkers([&] { checked = run_checkers(list, queue, checkpoint, meter); });
    auto fetched = transfer(
        file_, grid(), queue, [&] { return open_writer(checkpoint, count, list); }, meter, means_);
    list.close(fetched ? CheckList::Rest::check : CheckList::Rest::drop);
    checkers.join();
    auto kept = checkpoint.flush();
    if (!checked) return checked;
    return fetched ? kept : fetched;
  }

  Result<std::unique_ptr<ChunkWriter>> open_writer(Checkpoint& checkpoint, CompletionCount& count, CheckList& list) {
    ASSIGN_OR_RETURN(auto tree, staging_->again());
    auto on_chunk = [&](std::uint64_t chunk) -> Result<void> {
      RETURN_IF_ERROR(checkpoint.add(chunk, grid().range_of(chunk).length));
      list.add(count.finish(chunk));
      return ok();
    };
    return std::unique_ptr<ChunkWriter>(std::make_unique<FilesWriter>(manifest_, states_, std::move(tree), on_chunk));
  }

  Result<void> sync_everything() {
    if (::syncfs(staging_->fd()) < 0) return system_error("cannot make " + part() + " durable", errno);
    return ok();
  }

  Result<void> run_checkers(CheckList& list, ChunkQueue& queue, Checkpoint& checkpoint, Meter& meter) {
    return run_parallel(kCheckers, [&]() -> Result<void> {
      while (auto entry = list.take()) {
        auto checked = check(*entry, checkpoint, meter);
        if (checked) continue;
        queue.close();
        return checked;
      }
      return ok();
    });
  }

  Result<void> check(std::size_t index, Checkpoint& checkpoint, Meter& meter) {
    auto entry = manifest_.entry(index);
    ASSIGN_OR_RETURN(auto own, staging_->again());
    ASSIGN_OR_RETURN(auto fd, own.open(entry.name, O_RDONLY));
    ASSIGN_OR_RETURN(auto hash, hash_file(fd.get(), entry.data.length, staging_->shown(entry.name), means_.stop));
    if (hash != entry.sha256) {
      std::lock_guard lock(wrong_mutex_);
      wrong_.push_back(index);
      return ok();
    }
    set_modified(fd.get(), entry);
    states_[index] = EntryState::staged;
    meter.add(0, 1);
    return checkpoint.add(mark_of(index), 0);
  }

  // Afterwards the wrong files alone are wanted, and `missing` are their chunks.
  Result<void> forget_wrong_files(std::vector<bool>& missing) {
    missing.assign(grid().count(), false);
    std::vector<std::uint64_t> marks;
    for (auto index : wrong_) {
      auto entry = manifest_.entry(index);
      auto span = grid().span_of(entry.data);
      for (auto chunk = span.first; chunk < span.end; ++chunk) {
        missing[chunk] = true;
        marks.push_back(chunk);
      }
      RETURN_IF_ERROR(staging_->remove(entry.name));
      if (entry.data.length == 0) RETURN_IF_ERROR(staging_->open(entry.name, O_WRONLY | O_CREAT));
    }
    return journal().unmark(marks);
  }

  Result<void> appear() {
    set_finished_mark(staging_->fd(), file_.identity);
    RETURN_IF_ERROR(sync_everything());
    RETURN_IF_ERROR(rename_in(folder_, part(), name_, Tree::Replace::no));
    return sync_folder();
  }

  // Into a folder that exists. An end in the middle is no harm: the next run finds what was moved where it belongs.
  Result<void> merge() {
    auto replace = options_.overwrite == Overwrite::yes ? Tree::Replace::yes : Tree::Replace::no;
    RETURN_IF_ERROR(sync_everything());
    for (std::size_t i = 0; i < manifest_.count(); ++i) {
      auto entry = manifest_.entry(i);
      if (entry.is_directory()) {
        RETURN_IF_ERROR(target_->make_folder(entry.name));
      } else if (states_[i] == EntryState::staged) {
        RETURN_IF_ERROR(staging_->move(entry.name, *target_, replace));
      }
    }
    set_finished_mark(target_->fd(), file_.identity);
    RETURN_IF_ERROR(sync_everything());
    remove_part();
    return sync_folder();
  }

  void remove_part() {
    std::error_code ignored;  // empty folders that stay behind harm nobody
    std::filesystem::remove_all(path_ + ".part", ignored);
  }

  Result<void> sync_folder() {
    if (::fsync(folder_) < 0) return system_error("cannot make " + name_ + " durable", errno);
    return ok();
  }

  const RemoteFile& file_;
  const Manifest& manifest_;
  const int folder_;
  const std::string path_, name_;
  const SaveOptions& options_;
  const Means& means_;
  OpenedJournal* opened_ = nullptr;
  std::optional<Tree> target_, staging_;
  std::vector<EntryState> states_;  // an element changes from one thread at a time, and not while another reads it
  std::uint64_t files_ = 0;
  std::mutex wrong_mutex_;  // guards wrong_ while checkers run
  std::vector<std::size_t> wrong_;
  Saved saved_;
};

}  // namespace

Result<Saved> extract_artifact(const RemoteFile& file, const Manifest& manifest, int folder,
                               const std::string& folder_path, const std::string& name, const SaveOptions& options,
                               const Means& means) {
  return Extraction(file, manifest, folder, folder_path, name, options, means).run();
}

}  // namespace dray::fetching

#include "service/importing/importer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/file.h"
#include "base/text.h"
#include "service/importing/asset_draft.h"
#include "service/importing/file_source.h"
#include "service/rendering/static_jobs.h"

namespace dray::service {
namespace {

using model::AssetDraft;

// A batch ends when it has so many files or bytes; what it has put is made durable together.
constexpr std::size_t kBatchFiles = 1000;
constexpr ByteCount kBatchBytes = 256 * 1024 * 1024;
constexpr std::size_t kChildrenAtOnce = 1000;
constexpr unsigned kWorkersPerCore = 2;  // one of them mostly waits for the disk

struct Work {
  const FoundFile* file = nullptr;
  AssetPath path;
  std::optional<model::BlobId> present;  // what is there under that path
};

std::string_view folder_of(std::string_view path) {
  auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

class Import {
 public:
  Import(ImporterParts parts, const ImportRequest& request, Progress& progress, const std::atomic<bool>& stop)
      : parts_(parts), request_(request), progress_(progress), stop_(stop) {}

  Result<ImportReport> run() {
    ASSIGN_OR_RETURN(root_, open_file(request_.directory, O_RDONLY | O_DIRECTORY));
    ASSIGN_OR_RETURN(auto tree, read_file_tree(root_.get(), [&](std::size_t) { return !stop_.load(); }));
    report_.problems = std::move(tree.problems);
    RETURN_IF_ERROR(parts_.assets.make_folder(request_.target));
    RETURN_IF_ERROR(choose_work(tree));
    RETURN_IF_ERROR(do_work());
    RETURN_IF_ERROR(make_empty_folders(tree));
    report_.stopped = stop_;
    report_.unchanged = unchanged_;
    show_progress();
    RETURN_IF_ERROR(parts_.events.append(
        {0,
         parts_.clock.now(),
         "ASSETS_IMPORTED",
         request_.user,
         request_.target.text(),
         {{"imported", report_.imported}, {"updated", report_.updated}, {"bytes", report_.bytes}}}));
    return std::move(report_);
  }

 private:
  // Which files are not in the catalog as they are. Asks folder by folder.
  Result<void> choose_work(const FileTree& tree) {
    std::optional<std::string_view> folder;
    std::optional<AssetPath> target;
    std::map<std::string, model::Node, std::less<>> present;
    for (const auto& file : tree.files) {
      if (!folder || folder_of(file.path) != *folder) {
        folder = folder_of(file.path);
        target = target_of(*folder);
        present.clear();
        if (target) RETURN_IF_ERROR(list_present(*target, present));
      }
      auto name = std::string_view(file.path).substr(folder->empty() ? 0 : folder->size() + 1);
      auto path =
          target ? target->child(name) : Result<AssetPath>(Error{Code::invalid, "its folder's path is too long"});
      if (!path) {
        report(file.path, path.error().message);
        continue;
      }
      auto found = present.find(name);
      bool equal = found != present.end() && found->second.asset && found->second.asset->original.size == file.size &&
                   found->second.asset->modified == file.modified;
      if (equal && request_.compare == Compare::size_and_time) {
        ++unchanged_;
        continue;
      }
      bytes_total_ += file.size;
      std::optional<model::BlobId> before;
      if (found != present.end() && found->second.asset) before = found->second.asset->original.id;
      work_.push_back({&file, *std::move(path), before});
    }
    return ok();
  }

  std::optional<AssetPath> target_of(std::string_view relative_folder) const {
    if (relative_folder.empty()) return request_.target;
    auto path = AssetPath::parse(request_.target.text() + "/" + std::string(relative_folder));
    return path ? std::optional(*std::move(path)) : std::nullopt;
  }

  Result<void> list_present(const AssetPath& folder, std::map<std::string, model::Node, std::less<>>& present) const {
    std::string after;
    for (;;) {
      ASSIGN_OR_RETURN(auto page, parts_.assets.list_children(folder, after, kChildrenAtOnce));
      if (page.empty()) return ok();
      after = std::string(page.back().path.name());
      for (auto& node : page) {
        auto name = std::string(node.path.name());
        present.emplace(std::move(name), std::move(node));
      }
    }
  }

  Result<void> do_work() {
    auto count =
        request_.workers ? request_.workers : kWorkersPerCore * std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::thread> workers;
    show_progress();
    for (unsigned i = 0; i < count; ++i) workers.emplace_back([this] { work(); });
    for (auto& worker : workers) worker.join();
    if (failure_) return *std::move(failure_);
    return ok();
  }

  void work() {
    for (;;) {
      auto batch = next_batch();
      if (batch.empty()) return;
      if (auto done = import_batch(batch); !done) return fail(done.error());
    }
  }

  std::span<const Work> next_batch() {
    std::lock_guard lock(mutex_);
    if (stop_ || failure_) return {};
    auto first = next_work_;
    ByteCount bytes = 0;
    while (next_work_ < work_.size() && next_work_ - first < kBatchFiles && bytes < kBatchBytes)
      bytes += work_[next_work_++].file->size;
    return std::span(work_).subspan(first, next_work_ - first);
  }

  Result<void> import_batch(std::span<const Work> work) {
    auto blobs = parts_.blobs.begin();
    std::vector<AssetDraft> drafts;
    std::vector<const Work*> drafted;
    for (const auto& item : work) {
      if (stop_) break;
      auto draft = import_file(*blobs, item);
      if (draft) {
        drafts.push_back(*std::move(draft));
        drafted.push_back(&item);
      } else if (has_failed()) {
        return std::move(draft).error();
      } else if (!stop_) {
        report(item.file->path, draft.error().message);
      }
      ++files_done_;
      show_progress();
    }
    if (drafts.empty()) return ok();
    RETURN_IF_ERROR(blobs->commit());
    return put_drafts(drafts, drafted);
  }

  Result<AssetDraft> import_file(model::BlobBatch& blobs, const Work& item) {
    ASSIGN_OR_RETURN(auto fd, open_in_tree(root_.get(), item.file->path));
    struct stat before, after;
    if (::fstat(fd.get(), &before) < 0) return system_error("cannot read it", errno);
    if (!S_ISREG(before.st_mode)) return Error{Code::conflict, "it is no longer a file"};
    ASSIGN_OR_RETURN(auto blob, put(blobs, fd.get(), before, *item.file));
    if (::fstat(fd.get(), &after) < 0) return system_error("cannot read it", errno);
    if (after.st_size != before.st_size || after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
        after.st_mtim.tv_nsec != before.st_mtim.tv_nsec) {
      return Error{Code::conflict, "it was changed while it was read: import it again"};
    }
    ASSIGN_OR_RETURN(auto facts, parts_.media.inspect(fd.get(), std::string(item.path.name())));
    model::Nanoseconds modified(std::chrono::seconds(before.st_mtim.tv_sec) +
                                std::chrono::nanoseconds(before.st_mtim.tv_nsec));
    return make_asset_draft(item.path, blob, std::move(facts), modified);
  }

  // A file of several hard links is read once, as soon as its blob is durable.
  Result<model::Blob> put(model::BlobBatch& blobs, int fd, const struct stat& status, const FoundFile& file) {
    if (file.links > 1) {
      std::lock_guard lock(mutex_);
      auto found = by_inode_.find({status.st_dev, status.st_ino});
      if (found != by_inode_.end() && found->second.size == static_cast<ByteCount>(status.st_size)) {
        bytes_done_ += found->second.size;
        return found->second;
      }
    }
    FileSource source(fd, "the file", static_cast<ByteCount>(status.st_size), bytes_done_, stop_);
    bool has_holes = status.st_blocks * 512 < status.st_size;  // room is reserved for files without holes only
    auto blob = blobs.put(source, has_holes ? 0 : static_cast<ByteCount>(status.st_size));
    if (!blob && !source.has_failed())
      fail(blob.error());  // not this file's fault, but the store's: nothing else would go in either
    return blob;
  }

  void fail(const Error& error) {
    std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
  }
  bool has_failed() {
    std::lock_guard lock(mutex_);
    return failure_.has_value();
  }

  // Before the assets: if the process dies between, a job is there for an asset that does not come, which harms nobody.
  Result<void> add_jobs(const std::vector<AssetDraft>& drafts) {
    std::vector<model::JobDraft> jobs;
    for (const auto& draft : drafts) {
      auto job = rendition_job(draft.path, draft.asset);
      if (job) jobs.push_back(*std::move(job));
    }
    return jobs.empty() ? ok() : parts_.jobs.add(jobs, parts_.clock.now());
  }

  Result<void> put_drafts(const std::vector<AssetDraft>& drafts, const std::vector<const Work*>& work) {
    RETURN_IF_ERROR(add_jobs(drafts));
    auto done = parts_.assets.put_assets(drafts, parts_.clock.now());
    if (done) {
      for (std::size_t i = 0; i < drafts.size(); ++i) count(drafts[i], *work[i]);
      return ok();
    }
    if (done.error().code != Code::conflict) return done;
    for (std::size_t i = 0; i < drafts.size(); ++i) {  // one of them is in the way of something: find out which
      auto one = parts_.assets.put_assets(std::span(&drafts[i], 1), parts_.clock.now());
      if (one)
        count(drafts[i], *work[i]);
      else if (one.error().code == Code::conflict)
        report(work[i]->file->path, one.error().message);
      else
        return one;
    }
    return ok();
  }

  void count(const AssetDraft& draft, const Work& item) {
    std::lock_guard lock(mutex_);
    if (item.present == draft.asset.original.id) {
      ++unchanged_;
    } else {
      ++(item.present ? report_.updated : report_.imported);
      report_.bytes += draft.asset.original.size;
    }
    if (item.file->links > 1) by_inode_[{item.file->device, item.file->inode}] = draft.asset.original;
  }

  Result<void> make_empty_folders(const FileTree& tree) {
    for (const auto& folder : tree.empty_folders) {
      if (stop_) break;
      auto target = target_of(folder);
      auto made =
          target ? parts_.assets.make_folder(*target) : Result<void>(Error{Code::invalid, "its path is too long"});
      if (made) continue;
      if (made.error().code != Code::conflict && made.error().code != Code::invalid) return made;
      report(folder, made.error().message);
    }
    return ok();
  }

  void report(const std::string& path, const std::string& reason) {
    std::lock_guard lock(mutex_);
    report_.problems.push_back({replace_invalid_utf8(path), reason});
  }

  void show_progress() { progress_.update({bytes_done_, bytes_total_, files_done_, work_.size()}); }

  ImporterParts parts_;
  const ImportRequest& request_;
  Progress& progress_;
  const std::atomic<bool>& stop_;
  UniqueFd root_;
  std::vector<Work> work_;
  std::uint64_t unchanged_ = 0;
  ByteCount bytes_total_ = 0;
  std::atomic<ByteCount> bytes_done_ = 0;
  std::atomic<std::uint64_t> files_done_ = 0;

  std::mutex mutex_;  // guards what follows, and report_
  std::size_t next_work_ = 0;
  std::optional<Error> failure_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, model::Blob> by_inode_;
  ImportReport report_;
};

}  // namespace

Result<ImportReport> import_folder(ImporterParts parts, const ImportRequest& request, Progress& progress,
                                   const std::atomic<bool>& stop) {
  if (!request.target.is_within(model::dam_root())) {
    return Error{Code::invalid, fmt::format("assets live below /content/dam; {} does not", request.target.text())};
  }
  return Import(parts, request, progress, stop).run();
}

}  // namespace dray::service

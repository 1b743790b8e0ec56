#include "model/downloads/memory_downloads.h"

#include <algorithm>
#include <mutex>

namespace dray::model {
namespace {

class Downloads final : public DownloadRepository {
 public:
  Downloads(JobQueue& jobs, EventLog& events) : jobs_(jobs), events_(events) {}

  Result<void> put(const Download& download, const Along& along) override {
    std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(write(along));
    note(download);
    for (auto& kept : downloads_) {
      if (kept.id == download.id) {
        kept = download;
        return ok();
      }
    }
    downloads_.push_back(download);
    return ok();
  }
  Result<bool> complete(const Download& download, const Along& along) override {
    bool done = change(download.id, [&](Download& kept) {
      bool in_background = kept.in_background || download.in_background;
      kept = download;
      kept.in_background = in_background;
      kept.notice = in_background ? Notice::unread : Notice::read;
    });
    if (done) RETURN_IF_ERROR(write(along));
    return done;
  }
  Result<void> note_progress(const std::string& id, const DownloadProgress& progress) override {
    change(id, [&](Download& kept) { kept.progress = progress; });
    return ok();
  }
  Result<bool> send_to_background(const std::string& id) override {
    return change(id, [](Download& kept) { kept.in_background = true; });
  }
  Result<std::optional<Download>> find(const std::string& id) const override {
    std::lock_guard lock(mutex_);
    for (const auto& download : downloads_) {
      if (download.id == id) return std::optional(download);
    }
    return std::optional<Download>();
  }
  Result<bool> is_reader(const std::string& id, const std::string& user) const override {
    ASSIGN_OR_RETURN(auto download, find(id));
    if (!download) return false;
    auto readers = recipients_of(*download);
    readers.push_back(download->owner);
    return std::find(readers.begin(), readers.end(), user) != readers.end();
  }
  Result<std::vector<Download>> list(const std::string& owner, const std::string& before, std::size_t limit,
                                     Listing listing) const override {
    std::lock_guard lock(mutex_);
    std::vector<Download> page;
    bool started = before.empty();
    for (auto download = downloads_.rbegin(); download != downloads_.rend(); ++download) {
      bool is_listed = listing == Listing::all || download->notice != Notice::dismissed;
      if (download->owner == owner && started && is_listed && page.size() < limit) page.push_back(*download);
      if (download->id == before) started = true;
    }
    return page;
  }
  Result<std::uint64_t> count_unread(const std::string& owner) const override {
    std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(std::count_if(downloads_.begin(), downloads_.end(), [&](const auto& download) {
      return download.owner == owner && download.is_complete() && download.notice == Notice::unread;
    }));
  }
  Result<bool> set_notice(const std::string& owner, const std::string& id, Notice notice) override {
    std::lock_guard lock(mutex_);
    for (auto& kept : downloads_) {
      if (kept.id != id || kept.owner != owner || !kept.is_complete() || kept.notice == notice) continue;
      kept.notice = notice;
      note(kept);
      return true;
    }
    return false;
  }
  Result<void> remove(const std::string& id, const Along& along) override {
    std::lock_guard lock(mutex_);
    if (remove_where([&](const Download& download) { return download.id == id; }, 1) == 0) {
      return Error{Code::not_found, "there is no download " + id};
    }
    return write(along);
  }
  Result<std::size_t> expire(Seconds now, std::size_t limit) override {
    std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (auto& kept : downloads_) {
      if (!kept.is_complete() || kept.is_expired || !kept.expires || *kept.expires > now || count == limit) continue;
      kept.is_expired = true;
      kept.artifacts.clear();
      if (kept.in_background && kept.notice != Notice::dismissed) kept.notice = Notice::unread;
      note(kept);
      ++count;
    }
    return count;
  }
  Result<std::size_t> remove_expired(Seconds before, std::size_t limit) override {
    std::lock_guard lock(mutex_);
    return remove_where([&](const Download& download) { return download.is_expired && *download.expires < before; },
                        limit);
  }
  Result<std::vector<DownloadChange>> list_changes(std::uint64_t after, std::size_t limit) const override {
    std::lock_guard lock(mutex_);
    std::vector<DownloadChange> changes;
    for (const auto& change : changes_) {
      if (change.number > after && changes.size() < limit) changes.push_back(change);
    }
    return changes;
  }
  Result<std::uint64_t> last_change() const override {
    std::lock_guard lock(mutex_);
    return changes_.size();
  }
  Result<void> visit_artifacts(
      const std::function<Result<void>(const std::string&, const Artifact&)>& visit) const override {
    auto copy = [this] {
      std::lock_guard lock(mutex_);
      return downloads_;
    }();
    for (const auto& download : copy) {
      for (const auto& artifact : download.artifacts) RETURN_IF_ERROR(visit(download.id, artifact));
    }
    return ok();
  }

 private:
  Result<void> write(const Along& along) {
    for (const auto& event : along.events) RETURN_IF_ERROR(events_.append(event));
    return jobs_.add(along.jobs, {});
  }
  // Whether there is one that is being processed.
  template <typename Change>
  bool change(const std::string& id, Change change) {
    std::lock_guard lock(mutex_);
    for (auto& kept : downloads_) {
      if (kept.id != id || kept.is_complete()) continue;
      change(kept);
      note(kept);
      return true;
    }
    return false;
  }

  void note(const Download& download) { changes_.push_back({changes_.size() + 1, download.id, download.owner}); }

  template <typename Condition>
  std::size_t remove_where(Condition condition, std::size_t limit) {
    std::size_t count = 0;
    std::erase_if(downloads_, [&](const Download& download) {
      if (count == limit || !condition(download)) return false;
      note(download);
      ++count;
      return true;
    });
    return count;
  }

  JobQueue& jobs_;
  EventLog& events_;
  mutable std::mutex mutex_;
  std::vector<Download> downloads_;  // in the order they were made
  std::vector<DownloadChange> changes_;
};

}  // namespace

std::unique_ptr<DownloadRepository> make_memory_downloads(JobQueue& jobs, EventLog& events) {
  return std::make_unique<Downloads>(jobs, events);
}

}  // namespace dray::model

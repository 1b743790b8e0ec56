#include "model/downloads/memory_downloads.h"

#include <algorithm>
#include <mutex>

namespace dray::model {
namespace {

class Downloads final : public DownloadRepository {
 public:
  Result<void> put(const Download& download) override {
    std::lock_guard lock(mutex_);
    for (auto& kept : downloads_) {
      if (kept.id == download.id) {
        kept = download;
        return ok();
      }
    }
    downloads_.push_back(download);
    return ok();
  }
  Result<bool> complete(const Download& download) override {
    return change(download.id, [&](Download& kept) {
      bool in_background = kept.in_background;
      kept = download;
      kept.in_background |= in_background;
    });
  }
  Result<void> note_progress(const std::string& id, const DownloadProgress& progress) override {
    change(id, [&](Download& kept) { kept.progress = progress; });
    return ok();
  }
  Result<bool> send_to_background(const std::string& id) override {
    return change(id, [](Download& kept) { kept.in_background = true; });
  }
  Result<std::vector<std::string>> list_processing() const override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& download : downloads_) {
      if (!download.is_complete()) ids.push_back(download.id);
    }
    return ids;
  }
  Result<std::optional<Download>> find(const std::string& id) const override {
    std::lock_guard lock(mutex_);
    for (const auto& download : downloads_) {
      if (download.id == id) return std::optional(download);
    }
    return std::optional<Download>();
  }
  Result<std::vector<Download>> list(const std::string& owner, const std::string& before,
                                     std::size_t limit) const override {
    std::lock_guard lock(mutex_);
    std::vector<Download> page;
    bool started = before.empty();
    for (auto download = downloads_.rbegin(); download != downloads_.rend(); ++download) {
      if (download->owner == owner && started && page.size() < limit) page.push_back(*download);
      if (download->id == before) started = true;
    }
    return page;
  }
  Result<void> remove(const std::string& id) override {
    std::lock_guard lock(mutex_);
    if (!std::erase_if(downloads_, [&](const auto& download) { return download.id == id; })) {
      return Error{Code::not_found, "there is no download " + id};
    }
    return ok();
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
  // Whether there is one that is being processed.
  template <typename Change>
  bool change(const std::string& id, Change change) {
    std::lock_guard lock(mutex_);
    for (auto& kept : downloads_) {
      if (kept.id != id || kept.is_complete()) continue;
      change(kept);
      return true;
    }
    return false;
  }

  mutable std::mutex mutex_;
  std::vector<Download> downloads_;  // in the order they were made
};

}  // namespace

std::unique_ptr<DownloadRepository> make_memory_downloads() { return std::make_unique<Downloads>(); }

}  // namespace dray::model

#include "model/shares/memory_shares.h"

#include <algorithm>
#include <mutex>

namespace dray::model {
namespace {

class Shares final : public ShareRepository {
 public:
  Shares(JobQueue& jobs, EventLog& events) : jobs_(jobs), events_(events) {}

  Result<void> put(const Share& share, const Along& along) override {
    std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(write(along));
    auto kept = std::find_if(shares_.begin(), shares_.end(), [&](const Share& one) { return one.id == share.id; });
    if (kept == shares_.end())
      shares_.push_back(share);
    else
      *kept = share;
    return ok();
  }
  Result<bool> set_expiry(const std::string& id, Seconds expires, const Along& along) override {
    return change(id, along, [&](Share& share) { share.expires = expires; });
  }
  Result<bool> revoke(const std::string& id, Seconds now, const Along& along) override {
    return change(id, along, [&](Share& share) { share.revoked = now; });
  }
  Result<std::optional<Share>> find(const std::string& id) const override {
    return find_if([&](const Share& one) { return one.id == id; });
  }
  Result<std::optional<Share>> find_by_token(const Sha256& token_hash) const override {
    return find_if([&](const Share& one) { return one.token_hash == token_hash; });
  }
  Result<std::vector<Share>> list(const std::string& owner, const std::string& before,
                                  std::size_t limit) const override {
    std::lock_guard lock(mutex_);
    std::vector<Share> page;
    bool started = before.empty();
    for (auto share = shares_.rbegin(); share != shares_.rend(); ++share) {
      if (started && (owner.empty() || share->owner == owner) && page.size() < limit) page.push_back(*share);
      if (share->id == before) started = true;
    }
    return page;
  }
  Result<bool> count_download(const std::string& id) override {
    std::lock_guard lock(mutex_);
    for (auto& share : shares_) {
      if (share.id != id) continue;
      if (share.download_limit && share.downloads >= *share.download_limit) return false;
      ++share.downloads;
      return true;
    }
    return false;
  }
  Result<void> uncount_download(const std::string& id) override {
    std::lock_guard lock(mutex_);
    for (auto& share : shares_) share.downloads -= share.id == id && share.downloads > 0 ? 1 : 0;
    return ok();
  }
  Result<void> remove(const std::string& id) override {
    std::lock_guard lock(mutex_);
    if (std::erase_if(shares_, [&](const Share& one) { return one.id == id; }) == 0)
      return Error{Code::not_found, "there is no shared link " + id};
    return ok();
  }
  Result<LinkSettings> get_settings() const override {
    std::lock_guard lock(mutex_);
    return settings_;
  }
  Result<void> put_settings(const LinkSettings& settings) override {
    std::lock_guard lock(mutex_);
    settings_ = settings;
    return ok();
  }

 private:
  Result<void> write(const Along& along) {
    for (const auto& event : along.events) RETURN_IF_ERROR(events_.append(event));
    return jobs_.add(along.jobs, {});
  }
  template <typename Change>
  Result<bool> change(const std::string& id, const Along& along, Change change) {
    std::lock_guard lock(mutex_);
    for (auto& share : shares_) {
      if (share.id != id || share.revoked) continue;
      change(share);
      RETURN_IF_ERROR(write(along));
      return true;
    }
    return false;
  }
  template <typename Condition>
  Result<std::optional<Share>> find_if(Condition condition) const {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(shares_.begin(), shares_.end(), condition);
    return found == shares_.end() ? std::optional<Share>() : std::optional(*found);
  }

  JobQueue& jobs_;
  EventLog& events_;
  mutable std::mutex mutex_;   // guards what follows
  std::vector<Share> shares_;  // in the order they were made
  LinkSettings settings_;
};

}  // namespace

std::unique_ptr<ShareRepository> make_memory_shares(JobQueue& jobs, EventLog& events) {
  return std::make_unique<Shares>(jobs, events);
}

}  // namespace dray::model

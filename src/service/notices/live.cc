#include "service/notices/live.h"

#include <algorithm>

#include "base/log.h"

namespace dray::service {
namespace {
constexpr std::size_t kMostOfOwner = 64;
}

LiveUpdates::LiveUpdates(const model::DownloadRepository& downloads, model::CatalogChanges& changes,
                         std::chrono::milliseconds look)
    : downloads_(downloads), changes_(changes), look_(look), thread_([this] { run(); }) {}

LiveUpdates::~LiveUpdates() { stop(); }

void LiveUpdates::stop() {
  std::vector<std::shared_ptr<Listener>> listeners;
  {
    std::lock_guard lock(mutex_);
    stops_ = true;
    for (auto& [owner, subscriptions] : subscriptions_) {
      for (auto& subscription : subscriptions) {
        if (auto listener = subscription.listener.lock()) listeners.push_back(std::move(listener));
      }
    }
    subscriptions_.clear();
  }
  awake_.notify_all();
  std::call_once(joined_, [this] { thread_.join(); });
  for (const auto& listener : listeners) listener->end();
}

Result<void> LiveUpdates::subscribe(const std::string& owner, std::uint64_t after, std::weak_ptr<Listener> listener) {
  ASSIGN_OR_RETURN(auto oldest, downloads_.list_changes(after, 1));
  if (!oldest.empty() && after != 0 && oldest.front().number != after + 1)
    return Error{Code::gone, "what has changed since is no longer known: read everything once more"};
  std::unique_lock lock(mutex_);
  if (stops_) {
    lock.unlock();
    if (auto listening = listener.lock()) listening->end();
    return ok();
  }
  bool is_first = subscriptions_.empty();
  auto& of_owner = subscriptions_[owner];
  std::erase_if(of_owner, [](const Subscription& one) { return one.listener.expired(); });
  if (of_owner.size() >= kMostOfOwner) return Error{Code::busy, "you listen in many places already: close some"};
  of_owner.push_back({after, std::move(listener)});
  told_ = is_first ? after : std::min(told_, after);
  is_behind_ = true;
  lock.unlock();
  awake_.notify_all();
  return ok();
}

void LiveUpdates::run() {
  constexpr std::chrono::seconds kPauseAfterFailure{1};
  std::uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      awake_.wait_for(lock, look_, [this] { return stops_ || is_behind_; });
      awake_.wait(lock, [this] { return stops_ || !subscriptions_.empty(); });
      if (stops_) return;
      auto version = changes_.version();
      if (version == seen && !is_behind_) continue;
      seen = version;
      is_behind_ = false;
    }
    auto looked = look_once();
    if (looked) continue;
    log::warn("live updates: {}", looked.error().message);
    std::unique_lock lock(mutex_);
    is_behind_ = true;
    awake_.wait_for(lock, kPauseAfterFailure, [this] { return stops_; });
  }
}

Result<void> LiveUpdates::look_once() {
  constexpr std::size_t kAtOnce = 1000;
  if (!forget_those_gone()) return ok();
  std::uint64_t after = 0;
  {
    std::lock_guard lock(mutex_);
    after = told_;
  }
  ASSIGN_OR_RETURN(auto changes, downloads_.list_changes(after, kAtOnce));
  for (auto change = changes.begin(); change != changes.end(); ++change) {
    auto same = [&](const model::DownloadChange& later) { return later.download == change->download; };
    if (!is_heard(change->owner) || std::any_of(change + 1, changes.end(), same)) continue;
    LiveUpdate update{change->number, change->download, {}, 0};
    ASSIGN_OR_RETURN(update.download, downloads_.find(change->download));
    ASSIGN_OR_RETURN(update.unread, downloads_.count_unread(change->owner));
    tell(change->owner, update, after);
  }
  std::lock_guard lock(mutex_);
  if (changes.empty()) return ok();
  for (auto& [owner, subscriptions] : subscriptions_) {
    for (auto& one : subscriptions) {
      if (one.after >= after) one.after = std::max(one.after, changes.back().number);
    }
  }
  if (told_ != after) return ok();  // somebody wants older ones
  told_ = changes.back().number;
  is_behind_ = is_behind_ || changes.size() == kAtOnce;
  return ok();
}

bool LiveUpdates::is_heard(const std::string& owner) {
  std::lock_guard lock(mutex_);
  return subscriptions_.contains(owner);
}

bool LiveUpdates::forget_those_gone() {
  std::lock_guard lock(mutex_);
  for (auto owner = subscriptions_.begin(); owner != subscriptions_.end();) {
    std::erase_if(owner->second, [](const Subscription& one) { return one.listener.expired(); });
    owner = owner->second.empty() ? subscriptions_.erase(owner) : std::next(owner);
  }
  return !subscriptions_.empty();
}

// Who wants changes from before the ones at hand is told of all in their order, the next time.
void LiveUpdates::tell(const std::string& owner, const LiveUpdate& update, std::uint64_t after) {
  std::vector<std::shared_ptr<Listener>> listeners;
  {
    std::lock_guard lock(mutex_);
    auto found = subscriptions_.find(owner);
    if (found == subscriptions_.end()) return;
    for (auto& subscription : found->second) {
      if (subscription.after >= update.number || subscription.after < after) continue;
      subscription.after = update.number;
      if (auto listener = subscription.listener.lock()) listeners.push_back(std::move(listener));
    }
  }
  for (const auto& listener : listeners) listener->tell(update);
}

}  // namespace dray::service

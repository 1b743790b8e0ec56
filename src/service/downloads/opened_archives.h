// What was opened of late, for those who go on with it: the ranges of one archive come one after another, and each
// would be planned anew.
#pragma once

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>
#include <optional>

#include "base/digest.h"
#include "model/downloads/download.h"

namespace dray::service {

// Safe for use from any thread.
class OpenedArchives {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Entry {
    model::Artifact artifact;
    model::Download kept;
  };

  // `key`: who asked, and for what. An entry is forgotten after a minute.
  std::optional<Entry> find(const Sha256& key, Time now) {
    std::lock_guard lock(mutex_);
    forget(now);
    auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Kept& one) { return one.key == key; });
    return found == entries_.end() ? std::nullopt : std::optional(found->entry);
  }

  void put(const Sha256& key, Entry entry, Time now) {
    constexpr std::chrono::seconds kTime{60};
    constexpr std::size_t kMost = 256;
    std::lock_guard lock(mutex_);
    forget(now);
    entries_.remove_if([&](const Kept& one) { return one.key == key; });
    if (entries_.size() == kMost) entries_.pop_front();
    entries_.push_back({key, std::move(entry), now + kTime});
  }

 private:
  struct Kept {
    Sha256 key;
    Entry entry;
    Time until;
  };

  void forget(Time now) {
    while (!entries_.empty() && entries_.front().until <= now) entries_.pop_front();
  }

  std::mutex mutex_;
  std::list<Kept> entries_;  // the oldest first
};

}  // namespace dray::service

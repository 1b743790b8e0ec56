// What was opened of late, for those who go on with it: the ranges of one archive come one after another, and each
// would be planned anew.
#pragma once

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <string>

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

  // `key`: who asked, and for what. An entry that nobody asks for is forgotten after a minute.
  std::optional<Entry> find(const std::string& key, Time now) {
    std::lock_guard lock(mutex_);
    forget(now);
    auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Kept& one) { return one.key == key; });
    if (found == entries_.end()) return std::nullopt;
    found->until = now + kTime;
    entries_.splice(entries_.end(), entries_, found);
    return found->entry;
  }

  void put(const std::string& key, Entry entry, Time now) {
    constexpr std::size_t kMost = 256;
    std::lock_guard lock(mutex_);
    forget(now);
    entries_.remove_if([&](const Kept& one) { return one.key == key; });
    if (entries_.size() == kMost) entries_.pop_front();
    entries_.push_back({key, std::move(entry), now + kTime});
  }

 private:
  static constexpr std::chrono::seconds kTime{60};
  struct Kept {
    std::string key;
    Entry entry;
    Time until;
  };

  void forget(Time now) {
    while (!entries_.empty() && entries_.front().until <= now) entries_.pop_front();
  }

  std::mutex mutex_;
  std::list<Kept> entries_;  // those that nobody asked for longest come first
};

}  // namespace dray::service

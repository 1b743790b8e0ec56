// One at a time for each key: two that want the same made wait for each other instead of making it twice.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

namespace dray::service {

class KeyedLocks {
 public:
  class Hold {
   public:
    Hold(KeyedLocks& locks, std::string key) : locks_(locks), key_(std::move(key)) { locks_.take(key_); }
    Hold(const Hold&) = delete;
    ~Hold() { locks_.give(key_); }

   private:
    KeyedLocks& locks_;
    const std::string key_;
  };
  // Does not wait: false where somebody holds it.
  class TryHold {
   public:
    TryHold(KeyedLocks& locks, std::string key) : locks_(locks), key_(std::move(key)), held_(locks_.try_take(key_)) {}
    TryHold(const TryHold&) = delete;
    ~TryHold() {
      if (held_) locks_.give(key_);
    }
    explicit operator bool() const { return held_; }

   private:
    KeyedLocks& locks_;
    const std::string key_;
    const bool held_;
  };

 private:
  bool try_take(const std::string& key) {
    std::lock_guard lock(mutex_);
    return held_.insert(key).second;
  }
  void take(const std::string& key) {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return held_.insert(key).second; });
  }
  void give(const std::string& key) {
    std::lock_guard lock(mutex_);
    held_.erase(key);
    freed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable freed_;
  std::set<std::string> held_;  // guarded by mutex_
};

}  // namespace dray::service

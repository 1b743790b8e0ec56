// Tells those who wait that there may be something for them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace dray::service {

// Safe for use from any thread.
class Bell {
 public:
  void ring() {
    {
      std::lock_guard lock(mutex_);
      ++rung_;
    }
    changed_.notify_all();
  }
  std::uint64_t times_rung() const {
    std::lock_guard lock(mutex_);
    return rung_;
  }
  // Until it has been rung more often than `heard`, or `patience` is over.
  void wait(std::uint64_t heard, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return rung_ != heard; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t rung_ = 0;
};

}  // namespace dray::service

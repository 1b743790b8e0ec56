// How many answers are sent at a time, and how fast: for each of those who ask, and for all together.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace dray::server {

// 0: no limit.
struct StreamConfig {
  std::size_t of_owner = 200, in_total = 10'000;   // at a time
  ByteCount rate_of_owner = 0, rate_in_total = 0;  // bytes per second
};

// A rate that several answers share. Safe for use from any thread.
class Pace {
 public:
  explicit Pace(ByteCount bytes_per_second) : rate_(bytes_per_second) {}
  // How long to wait after so many bytes were sent.
  std::chrono::nanoseconds spend(ByteCount bytes, std::chrono::steady_clock::time_point now);
  bool is_idle(std::chrono::steady_clock::time_point now);
  ByteCount rate() const { return rate_; }

 private:
  const ByteCount rate_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point free_at_{};  // guarded by mutex_
};

// One answer that is being sent.
class Stream {
 public:
  Stream(std::vector<std::shared_ptr<Pace>> paces, std::shared_ptr<void> place)
      : paces_(std::move(paces)), place_(std::move(place)) {}
  std::chrono::nanoseconds spend(ByteCount bytes, std::chrono::steady_clock::time_point now) const;
  // So much at once: the slower, the less, so that pauses stay short.
  ByteCount turn() const;

 private:
  const std::vector<std::shared_ptr<Pace>> paces_;
  const std::shared_ptr<void> place_;  // given back with it
};

// Safe for use from any thread. Streams may outlive it.
class Streams {
 public:
  explicit Streams(StreamConfig config);
  enum class Need { place, pace };  // pace: it is short, and takes no place
  // Code::busy: as many are being sent as may be. nullptr: there is nothing to be kept.
  Result<std::shared_ptr<const Stream>> enter(const std::string& owner, Need need = Need::place);
  std::size_t count() const;

 private:
  struct Places;
  const StreamConfig config_;
  const std::shared_ptr<Places> places_;
};

}  // namespace dray::server

// What every part of a fetch works with.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/progress.h"
#include "base/random.h"
#include "service/fetching/connection.h"
#include "service/fetching/retry.h"
#include "service/fetching/stop_signal.h"

namespace dray::fetching {

// Everything in here is used from several threads at once and outlives the fetch.
struct Means {
  ClientConfig client;
  RetryPolicy retry;
  unsigned connections = 4;
  ByteCount chunk_size = 8 * 1024 * 1024;
  const StopSignal& stop;
  Random& random;
  std::function<std::unique_ptr<Progress>(const std::string& what)> open_progress;
  std::function<void(const std::string&)> notice;  // a line for the person who waits

  Retrier make_retrier() const { return {retry, stop, random, notice}; }
};

// Counts for a Progress. From any thread.
class Meter {
 public:
  Meter(std::unique_ptr<Progress> progress, ProgressState state) : progress_(std::move(progress)), state_(state) {
    add(0, 0);
  }

  void add(ByteCount bytes, std::uint64_t files) {
    std::lock_guard lock(mutex_);
    state_.bytes_done += bytes;
    state_.files_done += files;
    progress_->update(state_);
  }
  void add_total(ByteCount bytes) {
    std::lock_guard lock(mutex_);
    state_.bytes_total += bytes;
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Progress> progress_;
  ProgressState state_;
};

}  // namespace dray::fetching

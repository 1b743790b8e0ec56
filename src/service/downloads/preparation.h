// How far the preparation of one download has come, and whether it is to stop. Safe for use from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "model/downloads/download.h"

namespace dray::service {

// Set once it is to end: what asked for it has gone.
using StopFlag = std::shared_ptr<std::atomic<bool>>;

class Preparation {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // After `until` nothing more is begun.
  explicit Preparation(StopFlag stopped = nullptr, std::optional<Time> until = std::nullopt)
      : stopped_(stopped ? std::move(stopped) : std::make_shared<std::atomic<bool>>(false)), until_(until) {}

  void begin(const model::DownloadProgress& totals) {
    std::lock_guard lock(mutex_);
    progress_ = totals;
  }
  void add_done(std::uint64_t assets, ByteCount bytes, std::uint64_t renditions) {
    std::lock_guard lock(mutex_);
    progress_.assets_done += assets;
    progress_.bytes_done += bytes;
    progress_.renditions_done += renditions;
  }
  // Nothing is left to do, whatever it was counted as.
  void end() {
    std::lock_guard lock(mutex_);
    progress_.assets_done = progress_.assets;
    progress_.bytes_done = progress_.bytes;
    progress_.renditions_done = progress_.renditions;
  }
  model::DownloadProgress progress() const {
    std::lock_guard lock(mutex_);
    return progress_;
  }
  void stop() { *stopped_ = true; }
  bool is_stopped() const { return *stopped_; }
  bool is_late() const { return until_ && std::chrono::steady_clock::now() > *until_; }
  const std::atomic<bool>& stopped() const { return *stopped_; }

 private:
  mutable std::mutex mutex_;
  model::DownloadProgress progress_;  // guarded by mutex_
  const StopFlag stopped_;
  const std::optional<Time> until_;
};

}  // namespace dray::service

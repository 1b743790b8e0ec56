// How far the preparation of one download has come, and whether it is to stop. Safe for use from any thread.
#pragma once

#include <atomic>
#include <mutex>

#include "model/downloads/download.h"

namespace dray::service {

class Preparation {
 public:
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
  model::DownloadProgress progress() const {
    std::lock_guard lock(mutex_);
    return progress_;
  }
  void stop() { stopped_ = true; }
  bool is_stopped() const { return stopped_; }
  const std::atomic<bool>& stopped() const { return stopped_; }

 private:
  mutable std::mutex mutex_;
  model::DownloadProgress progress_;  // guarded by mutex_
  std::atomic<bool> stopped_ = false;
};

}  // namespace dray::service

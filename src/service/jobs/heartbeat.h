// Keeps a job from others while it runs.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "model/jobs/job_queue.h"

namespace dray::service {

// Extends the lease, three times in each, as long as it lives.
class Heartbeat {
 public:
  // `beat` is called now and then as well, where there is one: every `pause`, from a thread of its own.
  using Beat = std::function<void()>;
  Heartbeat(model::JobQueue& jobs, const Clock& clock, const model::Job& job, std::chrono::seconds lease,
            Beat beat = {}, std::chrono::milliseconds pause = std::chrono::milliseconds(500));
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;

 private:
  void run(model::JobQueue& jobs, const Clock& clock, const model::Job& job, std::chrono::seconds lease,
           const Beat& beat, std::chrono::milliseconds pause);

  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace dray::service

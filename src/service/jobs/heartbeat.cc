#include "service/jobs/heartbeat.h"

#include "base/log.h"

namespace dray::service {

Heartbeat::Heartbeat(model::JobQueue& jobs, const Clock& clock, const model::Job& job, std::chrono::seconds lease,
                     Beat beat, std::chrono::milliseconds pause)
    : thread_([this, &jobs, &clock, &job, lease, beat = std::move(beat), pause] {
        run(jobs, clock, job, lease, beat, pause);
      }) {}

Heartbeat::~Heartbeat() {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void Heartbeat::run(model::JobQueue& jobs, const Clock& clock, const model::Job& job, std::chrono::seconds lease,
                    const Beat& beat, std::chrono::milliseconds pause) {
  auto until_extended = std::chrono::milliseconds(lease) / 3;
  auto extend_at = std::chrono::steady_clock::now() + until_extended;
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, beat ? std::min(pause, until_extended) : until_extended, [&] { return done_; })) {
    lock.unlock();
    if (beat) beat();
    if (std::chrono::steady_clock::now() >= extend_at) {
      auto extended = jobs.extend(job, clock.now() + lease);
      if (!extended) log::warn("{} may be done twice: {}", job.subject, extended.error().message);
      extend_at = std::chrono::steady_clock::now() + until_extended;
    }
    lock.lock();
  }
}

}  // namespace dray::service

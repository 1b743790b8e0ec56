#include "service/downloads/download_jobs.h"

#include <algorithm>

#include "base/scope_exit.h"
#include "service/jobs/heartbeat.h"

namespace dray::service {

DownloadJobs::DownloadJobs(DownloadJobsParts parts, DownloadJobsConfig config)
    : parts_(parts),
      config_(config),
      quick_([this] { return carry_out_one(kQuickDownloadJob, config_.quick_of_owner); }, config_.quick, parts_.queued),
      background_([this] { return carry_out_one(kDownloadJob, config_.background_of_owner); }, config_.background,
                  parts_.queued) {}

DownloadJobs::~DownloadJobs() {
  std::lock_guard lock(mutex_);
  stops_ = true;
  for (auto* preparation : running_) preparation->stop();
}

bool DownloadJobs::begin(Preparation& preparation) {
  std::lock_guard lock(mutex_);
  if (stops_) return false;
  running_.insert(&preparation);
  return true;
}

void DownloadJobs::end(Preparation& preparation) {
  std::lock_guard lock(mutex_);
  running_.erase(&preparation);
}

Result<bool> DownloadJobs::carry_out_one(std::string_view kind, unsigned most_of_owner) {
  Preparation preparation;
  if (!begin(preparation)) return false;
  ScopeExit leave([&] { end(preparation); });
  ASSIGN_OR_RETURN(auto job,
                   parts_.jobs.take(kind, parts_.clock.now(), config_.lease, model::Turn::by_owner, most_of_owner));
  if (!job) return false;
  if (job->attempts > 1) parts_.downloads.send_to_background(job->subject);  // a server died, or somebody waits long
  auto done = [&] {
    Heartbeat heartbeat(
        parts_.jobs, parts_.clock, *job, config_.lease, [&] { parts_.downloads.look_after(job->subject, preparation); },
        config_.look);
    return parts_.downloads.carry_out(job->subject, preparation, job->attempts >= config_.attempts);
  }();
  if (done) {
    RETURN_IF_ERROR(parts_.jobs.finish(*job));
  } else if (done.error().code == Code::gone) {  // cancelled, and then nothing is left to do; or everything stops
    RETURN_IF_ERROR(parts_.jobs.give_back(*job));
  } else {
    constexpr int kLongestPause = 5;  // 1, 2, 4, ... 32 s
    auto pause = std::chrono::seconds(1 << std::min(job->attempts - 1, kLongestPause));
    RETURN_IF_ERROR(parts_.jobs.retry(*job, parts_.clock.now() + pause, done.error().message));
  }
  return true;
}

}  // namespace dray::service

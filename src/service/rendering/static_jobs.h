// Static renditions of everything that comes in, made in the background.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "model/jobs/job_queue.h"
#include "service/rendering/renderer.h"

namespace dray::service {

inline constexpr std::string_view kRenditionJob = "renditions";

// The job that makes an original's static renditions; nullopt where its kind has none.
std::optional<model::JobDraft> rendition_job(const Original& original);

struct StaticJobsConfig {
  unsigned threads = 1;
  std::chrono::seconds lease{300};
  std::chrono::milliseconds pause{1000};  // between two looks at a queue that is empty
  int attempts = 3;                       // where something else than the original is at fault
};

// Carries the jobs out until it is destroyed; a job that is running then ends first.
class StaticJobs {
 public:
  StaticJobs(model::JobQueue& jobs, Renderer& renderer, const Clock& clock, StaticJobsConfig config);
  ~StaticJobs();
  StaticJobs(const StaticJobs&) = delete;

 private:
  void work();
  void pause();

  model::JobQueue& jobs_;
  Renderer& renderer_;
  const Clock& clock_;
  const StaticJobsConfig config_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

// Takes one job and carries it out; false where there was none. What cannot be made of an original is kept with it as
// the reason, and the job is done.
Result<bool> carry_out_one(model::JobQueue& jobs, Renderer& renderer, const Clock& clock,
                           const StaticJobsConfig& config);

}  // namespace dray::service

// Prepares the downloads that wait for it.
#pragma once

#include <mutex>
#include <set>

#include "service/downloads/downloads.h"
#include "service/jobs/crew.h"

namespace dray::service {

struct DownloadJobsParts {
  Downloads& downloads;
  model::JobQueue& jobs;
  const Clock& clock;
  Bell& queued;
};

struct DownloadJobsConfig {
  // In both, owners take turns, and one alone has no more than so many at a time; 0: any number.
  CrewConfig quick{4};  // for downloads that somebody waits for
  unsigned quick_of_owner = 3;
  CrewConfig background{2, std::chrono::seconds(1), 10};  // whoever waits goes first
  unsigned background_of_owner = 1;
  std::chrono::seconds lease{15};
  std::chrono::milliseconds look{500};  // how often progress is noted, and cancelling seen
  int attempts = 5;                     // where the server is at fault
};

// Carries the jobs out until it is destroyed; those that run are stopped then, and go on at the next start.
class DownloadJobs {
 public:
  DownloadJobs(DownloadJobsParts parts, DownloadJobsConfig config);
  ~DownloadJobs();

 private:
  Result<bool> carry_out_one(std::string_view kind, unsigned most_of_owner);
  bool begin(Preparation& preparation);  // false: everything stops
  void end(Preparation& preparation);

  const DownloadJobsParts parts_;
  const DownloadJobsConfig config_;
  std::mutex mutex_;  // guards what follows
  bool stops_ = false;
  std::set<Preparation*> running_;
  Crew quick_, background_;
};

}  // namespace dray::service

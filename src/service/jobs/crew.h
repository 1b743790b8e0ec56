// Threads that look for work again and again.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "base/result.h"
#include "service/jobs/bell.h"

namespace dray::service {

struct CrewConfig {
  unsigned threads = 1;
  std::chrono::milliseconds pause{1000};  // between two looks where there is nothing to do and nobody rings
  int nice = 0;                           // up to 19: the work gives way to others
};

// Destroying it waits for the work at hand.
class Crew {
 public:
  // Does one piece of work; false: there was none. An Error is logged.
  using Work = std::function<Result<bool>()>;
  // `bell` is rung where there is something to do; it outlives the crew.
  Crew(Work work, CrewConfig config, Bell& bell);
  ~Crew();
  Crew(const Crew&) = delete;

 private:
  void run();

  const Work work_;
  const CrewConfig config_;
  Bell& bell_;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dray::service

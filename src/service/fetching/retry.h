// How often and when something is tried again.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "service/fetching/answers.h"
#include "service/fetching/stop_signal.h"

namespace dray::fetching {

struct RetryPolicy {
  unsigned retries = 12;  // in a row, without a byte in between
  std::chrono::milliseconds first{200}, longest{30'000};
};

// Twice as long after each failure, then between half and all of that: `jitter` is between 0 and 1.
std::chrono::milliseconds back_off(const RetryPolicy& policy, unsigned failures, double jitter);

// One piece of work that is tried until it works or is given up. One thread at a time.
class Retrier {
 public:
  using Notice = std::function<void(const std::string&)>;
  Retrier(RetryPolicy policy, const StopSignal& stop, Random& random, Notice notice)
      : policy_(policy), stop_(stop), random_(random), notice_(std::move(notice)) {}

  // Waits before the next attempt. The error to end with: the trouble will not pass, there were too many, the server
  // asks to wait longer than ten minutes, or somebody wishes to stop.
  Result<void> wait_after(const Trouble& trouble);
  void progressed() { failures_ = 0; }

 private:
  double jitter();

  RetryPolicy policy_;
  const StopSignal& stop_;
  Random& random_;
  Notice notice_;
  unsigned failures_ = 0;
};

}  // namespace dray::fetching

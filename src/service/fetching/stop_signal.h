// The wish to stop, which ends every wait and every exchange of this module.
#pragma once

#include <atomic>
#include <chrono>

#include "base/result.h"
#include "base/unique_fd.h"

namespace dray::fetching {

// From any thread; request() from a signal handler too. Once requested it stays so.
class StopSignal {
 public:
  StopSignal();

  void request() noexcept;
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }
  // Waits so long, or until somebody wishes to stop; whether that is so.
  bool wait(std::chrono::milliseconds at_most) const;

 private:
  std::atomic<bool> requested_{false};
  UniqueFd event_;
};

// What work that was stopped answers.
Error stopped();

}  // namespace dray::fetching

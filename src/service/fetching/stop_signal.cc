#include "service/fetching/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace dray::fetching {

StopSignal::StopSignal() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void StopSignal::request() noexcept {
  requested_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  // Fails only when it was requested very often before.
  [[maybe_unused]] auto put = ::write(event_.get(), &one, sizeof one);
}

bool StopSignal::wait(std::chrono::milliseconds at_most) const {
  auto until = std::chrono::steady_clock::now() + at_most;
  while (!requested()) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    pollfd event{event_.get(), POLLIN, 0};
    ::poll(&event, 1, static_cast<int>(std::min<std::chrono::milliseconds::rep>(left.count(), 60'000)));
  }
  return requested();
}

Error stopped() { return {Code::unavailable, "stopped; run the same command again to go on"}; }

}  // namespace dray::fetching

#include "service/fetching/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace dray::fetching {

Result<void> run_parallel(unsigned threads, const std::function<Result<void>()>& work) {
  std::mutex mutex;
  Result<void> first;
  {
    std::vector<std::jthread> running;
    for (unsigned i = 0; i < threads; ++i) {
      running.emplace_back([&] {
        auto result = work();
        std::lock_guard lock(mutex);
        if (first && !result) first = std::move(result);
      });
    }
  }
  return first;
}

Result<void> for_each_parallel(std::size_t count, const std::function<Result<void>(std::size_t)>& each) {
  std::atomic<std::size_t> next{0};
  auto threads = std::min<std::size_t>(count, std::clamp(std::thread::hardware_concurrency(), 1u, 8u));
  return run_parallel(static_cast<unsigned>(threads), [&]() -> Result<void> {
    for (auto index = next++; index < count; index = next++) {
      auto result = each(index);
      if (result) continue;
      next = count;
      return result;
    }
    return ok();
  });
}

}  // namespace dray::fetching

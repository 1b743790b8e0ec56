// The threads on which services run.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace dray::server {

// Safe for use from any thread. The destructor runs what was posted and joins.
class WorkPool {
 public:
  WorkPool(unsigned threads, std::size_t most_waiting);
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;

  // False when too many are waiting already: `work` was not taken.
  bool post(std::function<void()> work);
  // Taken whatever the queue: for work that ends something which has begun.
  void post_always(std::function<void()> work);

 private:
  void run();

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable work_there_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dray::server

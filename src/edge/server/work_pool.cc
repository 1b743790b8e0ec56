#include "edge/server/work_pool.h"

#include <utility>

namespace dray::server {

WorkPool::WorkPool(unsigned threads, std::size_t most_waiting) : most_waiting_(most_waiting) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkPool::~WorkPool() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_there_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool WorkPool::post(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(work));
  }
  work_there_.notify_one();
  return true;
}

void WorkPool::post_always(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  work_there_.notify_one();
}

void WorkPool::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    work_there_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
  }
}

}  // namespace dray::server

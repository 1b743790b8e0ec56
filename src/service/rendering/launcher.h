// A thread that starts processes: they inherit its priority, and not that of whoever needs one.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace dray::service {

// Safe for use from any thread.
class Launcher {
 public:
  Launcher() : thread_([this] { work(); }) {}
  ~Launcher();
  Launcher(const Launcher&) = delete;

  void run(const std::function<void()>& task);  // and waits for its end; it does not throw

 private:
  void work();

  std::mutex one_at_a_time_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  const std::function<void()>* task_ = nullptr;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace dray::service

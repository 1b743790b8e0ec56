#include "service/rendering/launcher.h"

namespace dray::service {

Launcher::~Launcher() {
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Launcher::run(const std::function<void()>& task) {
  std::lock_guard one(one_at_a_time_);
  std::unique_lock lock(mutex_);
  task_ = &task;
  changed_.notify_all();
  changed_.wait(lock, [&] { return task_ == nullptr; });
}

void Launcher::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ends_ || task_; });
    if (!task_) return;
    (*task_)();
    task_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace dray::service

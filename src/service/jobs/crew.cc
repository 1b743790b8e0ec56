#include "service/jobs/crew.h"

#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

namespace dray::service {

Crew::Crew(Work work, CrewConfig config, Bell& bell) : work_(std::move(work)), config_(config), bell_(bell) {
  for (unsigned i = 0; i < config_.threads; ++i) threads_.emplace_back([this] { run(); });
}

Crew::~Crew() {
  stop_ = true;
  bell_.ring();
  for (auto& thread : threads_) thread.join();
}

void Crew::run() {
  if (config_.nice > 0) ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), config_.nice);  // of this thread
  while (!stop_) {
    auto heard = bell_.times_rung();
    auto done = [&]() -> Result<bool> {
      try {
        return work_();
      } catch (const std::exception& error) {
        return Error{Code::unavailable, error.what()};
      }
    }();
    if (!done) log::error("a job cannot be carried out: {} {}", done.error().message, done.error().detail);
    if (done && *done) continue;
    if (stop_) return;  // it may have been rung before `heard` was asked
    bell_.wait(heard, config_.pause);
  }
}

}  // namespace dray::service

#include "service/rendering/static_jobs.h"

#include <fmt/format.h>

#include "base/log.h"

namespace dray::service {
namespace {

constexpr std::chrono::seconds kRetryAfter{30};

Result<Original> original_of(const model::Job& job) {
  Original original;
  auto id = parse_sha256(job.subject);
  const auto* type = job.details.if_contains("mimeType");
  const auto* size = job.details.if_contains("size");
  if (!id || !type || !type->is_string() || !size || !size->is_number())
    return Error{Code::invalid, fmt::format("the job for {} does not say what it is for", job.subject)};
  original.content.id = *id;
  original.content.size = size->to_number<ByteCount>();
  original.mime_type = std::string(type->get_string());
  return original;
}

}  // namespace

std::optional<model::JobDraft> rendition_job(const Original& original) {
  if (!pipeline::has_static_renditions(original.mime_type)) return std::nullopt;
  return model::JobDraft{std::string(kRenditionJob),
                         original.content.id.hex(),
                         {{"mimeType", original.mime_type}, {"size", original.content.size}}};
}

Result<bool> carry_out_one(model::JobQueue& jobs, Renderer& renderer, const Clock& clock,
                           const StaticJobsConfig& config) {
  ASSIGN_OR_RETURN(auto job, jobs.take(kRenditionJob, clock.now(), config.lease));
  if (!job) return false;
  auto original = original_of(*job);
  auto made = original ? renderer.keep_static(*original, pipeline::default_static_renditions())
                       : Result<std::vector<model::Rendition>>(original.error());
  if (made) {
    RETURN_IF_ERROR(jobs.finish(*job));
  } else if (made.error().code == Code::invalid || job->attempts >= config.attempts) {
    log::warn("no renditions of {}: {} {}", job->subject, made.error().message, made.error().detail);
    RETURN_IF_ERROR(jobs.fail(*job, made.error().message));
  } else {
    RETURN_IF_ERROR(jobs.retry(*job, clock.now() + kRetryAfter, made.error().message));
  }
  return true;
}

StaticJobs::StaticJobs(model::JobQueue& jobs, Renderer& renderer, const Clock& clock, StaticJobsConfig config)
    : jobs_(jobs), renderer_(renderer), clock_(clock), config_(config) {
  for (unsigned i = 0; i < config_.threads; ++i) threads_.emplace_back([this] { work(); });
}

StaticJobs::~StaticJobs() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void StaticJobs::work() {
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (stop_) return;
    }
    auto done = [&]() -> Result<bool> {
      try {
        return carry_out_one(jobs_, renderer_, clock_, config_);
      } catch (const std::exception& error) {
        return Error{Code::unavailable, error.what()};
      }
    }();
    if (!done) log::error("renditions cannot be made: {}", done.error().message);
    if (!done || !*done) pause();
  }
}

void StaticJobs::pause() {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, config_.pause, [&] { return stop_; });
}

}  // namespace dray::service

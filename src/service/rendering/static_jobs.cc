#include "service/rendering/static_jobs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "service/jobs/heartbeat.h"
#include "service/rendering/asset_renditions.h"

namespace dray::service {
namespace {

constexpr std::chrono::seconds kRetryAfter{30};
constexpr int kMostLooks = 8;  // for an asset that does not come in: after 1, 2, 4, ... seconds

// The job says of which content; the asset may have another by now, or not have it yet.
Result<std::optional<model::Node>> find_asset(const model::Job& job, const model::AssetRepository& assets) {
  ASSIGN_OR_RETURN(auto path, AssetPath::parse(job.subject));
  ASSIGN_OR_RETURN(auto node, assets.find(path));
  const auto* original = job.details.if_contains("original");
  bool is_it = node && node->asset && original && original->is_string() &&
               node->asset->original.id.hex() == std::string_view(original->get_string());
  if (!is_it) node.reset();
  return node;
}

Result<void> make_all(const model::Node& node, const StaticJobsParts& parts, const StaticJobsConfig& config) {
  ASSIGN_OR_RETURN(auto rules, read_rules(parts.profiles, parts.renderer.settings().static_renditions));
  auto wanted = static_renditions_of(rules, node.path, node.asset->mime_type);
  Original original{node.asset->original, node.asset->mime_type};
  RETURN_IF_ERROR(parts.renderer.keep_static(original, wanted));
  if (config.subassets) RETURN_IF_ERROR(parts.renderer.keep_subassets(original));
  return ok();
}

}  // namespace

std::optional<model::JobDraft> rendition_job(const AssetPath& path, const model::Asset& asset) {
  bool is_film = pipeline::is_film(asset.mime_type);
  if (!is_film && !pipeline::has_static_renditions(asset.mime_type)) return std::nullopt;
  return model::JobDraft{
      std::string(is_film ? kFilmJob : kRenditionJob), path.text(), {{"original", asset.original.id.hex()}}};
}

Result<bool> carry_out_one(const StaticJobsParts& parts, const StaticJobsConfig& config) {
  ASSIGN_OR_RETURN(auto job, parts.jobs.take(config.kind, parts.clock.now(), config.lease));
  if (!job) return false;
  ASSIGN_OR_RETURN(auto node, find_asset(*job, parts.assets));
  if (!node) {
    // Jobs are added before assets. What does not come in was removed, or replaced, which has a job of its own.
    auto pause = std::chrono::seconds(1 << std::min(job->attempts - 1, kMostLooks));
    RETURN_IF_ERROR(job->attempts >= kMostLooks
                        ? parts.jobs.finish(*job)
                        : parts.jobs.retry(*job, parts.clock.now() + pause, "the asset is not there"));
    return true;
  }
  bool is_last = job->attempts >= config.attempts;
  auto made = [&] {
    Heartbeat heartbeat(parts.jobs, parts.clock, *job, config.lease);
    return make_all(*node, parts, config);
  }();
  if (made) {
    RETURN_IF_ERROR(parts.jobs.finish(*job));
  } else if (made.error().code == Code::gone) {  // the server stops
    RETURN_IF_ERROR(parts.jobs.give_back(*job));
  } else if (made.error().code == Code::invalid || is_last) {
    log::warn("no renditions of {}: {} {}", job->subject, made.error().message, made.error().detail);
    RETURN_IF_ERROR(parts.jobs.fail(*job, made.error().message));
  } else {
    RETURN_IF_ERROR(parts.jobs.retry(*job, parts.clock.now() + kRetryAfter, made.error().message));
  }
  return true;
}

StaticJobs::StaticJobs(StaticJobsParts parts, StaticJobsConfig config)
    : parts_(parts), config_(config), crew_([this] { return carry_out_one(parts_, config_); }, config_.crew, bell_) {}

}  // namespace dray::service

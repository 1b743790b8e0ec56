// Static renditions of everything that comes in, made in the background.
#pragma once

#include <optional>

#include "model/assets/asset_repository.h"
#include "model/jobs/job_queue.h"
#include "model/renditions/processing_profile_repository.h"
#include "service/jobs/crew.h"
#include "service/rendering/renderer.h"

namespace dray::service {

// Films are other jobs than pictures: one takes minutes, and nobody shall wait for it to see a photograph.
inline constexpr std::string_view kRenditionJob = "renditions", kFilmJob = "films";

// The job that makes an asset's static renditions; nullopt where its kind has none.
std::optional<model::JobDraft> rendition_job(const AssetPath& path, const model::Asset& asset);

struct StaticJobsParts {
  model::JobQueue& jobs;
  const model::AssetRepository& assets;
  const model::ProcessingProfileRepository& profiles;
  Renderer& renderer;
  const Clock& clock;
};

struct StaticJobsConfig {
  std::string_view kind = kRenditionJob;
  CrewConfig crew;
  std::chrono::seconds lease{60};  // it is extended while a job runs
  bool subassets = false;          // whether documents are split into pages
  int attempts = 3;                // where something else than the original is at fault
};

// Carries the jobs out until it is destroyed; a job that is running then ends first.
class StaticJobs {
 public:
  StaticJobs(StaticJobsParts parts, StaticJobsConfig config);

 private:
  const StaticJobsParts parts_;
  const StaticJobsConfig config_;
  Bell bell_;  // jobs come from other processes, too, which cannot ring it
  Crew crew_;
};

// Takes one job and carries it out; false where there was none. What cannot be made of an original is kept with it as
// the reason, and the job is done.
Result<bool> carry_out_one(const StaticJobsParts& parts, const StaticJobsConfig& config);

}  // namespace dray::service

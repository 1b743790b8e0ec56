// The HTTP API: /api/v1, originals at /content/dam, health and metrics.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "edge/api/cors.h"
#include "edge/server/metrics.h"
#include "edge/server/service.h"
#include "edge/server/streams.h"
#include "model/assets/asset_repository.h"
#include "model/events/catalog_changes.h"
#include "model/people/access.h"
#include "model/people/people.h"
#include "model/renditions/image_profile_repository.h"
#include "model/renditions/preset_repository.h"
#include "model/renditions/processing_profile_repository.h"
#include "service/accounts/accounts.h"
#include "service/downloads/downloads.h"
#include "service/images/images.h"
#include "service/notices/live.h"
#include "service/sharing/sharing.h"
#include "service/uploads/uploads.h"

namespace dray::api {

struct ApiConfig {
  std::string address;  // of this installation from outside, without a slash at its end
  bool can_mail = false;
  bool mail_downloads = false;  // to those who have said neither
  bool direct_upload = true;    // else clients are told to use createasset.html
  std::vector<CorsPolicy> cors;
};

// What the API stands on; all of it outlives it.
struct ApiParts {
  service::Accounts& accounts;
  service::Downloads& downloads;
  service::LiveUpdates& live;
  service::Uploads& uploads;
  service::Sharing& sharing;
  model::DownloadRepository& download_repository;
  model::JobQueue& jobs;
  model::PeopleRepository& people;
  model::EventLog& events;
  model::AssetRepository& assets;
  model::AccessRepository& access;
  model::PresetRepository& presets;
  model::ImageProfileRepository& image_profiles;
  model::ProcessingProfileRepository& processing_profiles;
  service::Images& images;
  server::Metrics& metrics;
  server::Streams& streams;
  std::function<server::RenditionCounts()> count_renditions;
  model::CatalogChanges& changes;
  const Clock& clock;
  Random& random;
  ApiConfig config;
};

std::unique_ptr<server::Service> make_api(ApiParts parts);

}  // namespace dray::api

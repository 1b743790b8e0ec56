// The catalog on one SQLite file.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "model/assets/asset_repository.h"
#include "model/downloads/download_repository.h"
#include "model/events/catalog_changes.h"
#include "model/events/events.h"
#include "model/jobs/job_queue.h"
#include "model/people/access.h"
#include "model/people/credentials.h"
#include "model/people/people.h"
#include "model/renditions/image_profile_repository.h"
#include "model/renditions/preset_repository.h"
#include "model/renditions/processing_profile_repository.h"
#include "model/renditions/rendition_repository.h"
#include "model/shares/share_repository.h"

namespace dray::sqlite {

// The repositories of one catalog; each is safe for use from any thread, and several processes may have the file open.
struct Catalog {
  std::unique_ptr<model::AssetRepository> assets;
  std::unique_ptr<model::PeopleRepository> people;
  std::unique_ptr<model::CredentialRepository> credentials;
  std::unique_ptr<model::AccessRepository> access;
  std::unique_ptr<model::DownloadRepository> downloads;
  std::unique_ptr<model::EventLog> events;
  std::unique_ptr<model::RenditionRepository> renditions;
  std::unique_ptr<model::PresetRepository> presets;
  std::unique_ptr<model::JobQueue> jobs;
  std::unique_ptr<model::ShareRepository> shares;
  std::unique_ptr<model::ImageProfileRepository> image_profiles;
  std::unique_ptr<model::ProcessingProfileRepository> processing_profiles;
  std::unique_ptr<model::CatalogChanges> changes;
};

// Opens the catalog, creating it where it is missing. Code::conflict: it is from a newer Dray; Code::corrupt: not a
// catalog.
Result<Catalog> open_catalog(const std::string& file);

}  // namespace dray::sqlite

// What the commands work on: one installation's stores and catalog, opened by `app`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "edge/cli/mail_settings.h"
#include "model/assets/asset_repository.h"
#include "model/assets/media_inspector.h"
#include "model/blobs/blob_store.h"
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

namespace dray::cli {

struct Installation {
  std::string data;  // its directory
  std::unique_ptr<Clock> clock;
  std::unique_ptr<Random> random;
  std::unique_ptr<model::BlobStore> blobs;
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
  std::unique_ptr<model::MediaInspector> media;
  std::function<std::unique_ptr<model::MailTransport>(const MailService&)> make_mail_transport;
  std::function<Result<std::string>()> read_seal_key;  // of service::Seal; made at the first time
};

enum class OpenMode {
  existing,  // Code::not_found where there is no installation yet
  create,    // makes one where there is none
};

// What every command gets: how to open the installation that --data names, and where the exit status goes.
struct Context {
  std::function<Result<Installation>(OpenMode)> open;
  std::function<std::unique_ptr<model::MediaInspector>()> make_media_inspector;
  int status = 0;
};

}  // namespace dray::cli

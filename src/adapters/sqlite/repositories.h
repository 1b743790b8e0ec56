// The repositories of this adapter, one file each.
#pragma once

#include <memory>

#include "adapters/sqlite/catalog.h"
#include "adapters/sqlite/database.h"

namespace dray::sqlite {

using SharedDatabase = std::shared_ptr<Database>;

std::unique_ptr<model::AssetRepository> make_assets(SharedDatabase database);
std::unique_ptr<model::PeopleRepository> make_people(SharedDatabase database);
std::unique_ptr<model::CredentialRepository> make_credentials(SharedDatabase database);
std::unique_ptr<model::AccessRepository> make_access(SharedDatabase database);
std::unique_ptr<model::DownloadRepository> make_downloads(SharedDatabase database);
std::unique_ptr<model::EventLog> make_events(SharedDatabase database);
std::unique_ptr<model::RenditionRepository> make_renditions(SharedDatabase database);
std::unique_ptr<model::PresetRepository> make_presets(SharedDatabase database);
std::unique_ptr<model::ImageProfileRepository> make_image_profiles(SharedDatabase database);
std::unique_ptr<model::ProcessingProfileRepository> make_processing_profiles(SharedDatabase database);
std::unique_ptr<model::ShareRepository> make_shares(SharedDatabase database);
std::unique_ptr<model::JobQueue> make_jobs(SharedDatabase database);
std::unique_ptr<model::CatalogChanges> make_changes(SharedDatabase database);

// Inside a transaction: as model::JobQueue::add().
std::string format_pages(const model::Protection& protection);
void add_events(Connection& connection, const std::vector<model::Event>& events);
void add_jobs(Connection& connection, const std::vector<model::JobDraft>& drafts, Seconds now);

inline std::int64_t number_of(Seconds time) { return time.time_since_epoch().count(); }
inline Seconds time_of(std::int64_t number) { return Seconds(std::chrono::seconds(number)); }

}  // namespace dray::sqlite

#include "adapters/sqlite/catalog.h"

#include "adapters/sqlite/repositories.h"
#include "adapters/sqlite/schema.h"

namespace dray::sqlite {

Result<Catalog> open_catalog(const std::string& file) {
  return guarded([&]() -> Result<Catalog> {
    auto database = std::make_shared<Database>(file);
    migrate(*database);
    return Catalog{make_assets(database),     make_people(database),         make_credentials(database),
                   make_access(database),     make_downloads(database),      make_events(database),
                   make_renditions(database), make_presets(database),        make_jobs(database),
                   make_shares(database),     make_image_profiles(database), make_processing_profiles(database),
                   make_changes(database)};
  });
}

}  // namespace dray::sqlite

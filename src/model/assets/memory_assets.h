// The in-memory twin of the asset repository, for tests.
#pragma once

#include <memory>

#include "model/assets/asset_repository.h"

namespace dray::model {

std::unique_ptr<AssetRepository> make_memory_assets(EventLog* events = nullptr);  // nullptr: events are forgotten

}  // namespace dray::model

// The in-memory twin of the download repository, for tests.
#pragma once

#include <memory>

#include "model/downloads/download_repository.h"

namespace dray::model {

std::unique_ptr<DownloadRepository> make_memory_downloads();

}  // namespace dray::model

// The in-memory twin of the download repository, for tests.
#pragma once

#include <memory>

#include "model/downloads/download_repository.h"

namespace dray::model {

// `jobs` takes the jobs that downloads make necessary; it outlives the repository.
std::unique_ptr<DownloadRepository> make_memory_downloads(JobQueue& jobs, EventLog& events);

}  // namespace dray::model

// The in-memory twin of the repository of shared links, for tests.
#pragma once

#include <memory>

#include "model/shares/share_repository.h"

namespace dray::model {

std::unique_ptr<ShareRepository> make_memory_shares(JobQueue& jobs, EventLog& events);

}  // namespace dray::model

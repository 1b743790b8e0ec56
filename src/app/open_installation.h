// An installation in a data directory: catalog in SQLite, blobs in files.
#pragma once

#include <string>

#include "edge/cli/installation.h"

namespace dray::app {

Result<cli::Installation> open_installation(const std::string& data, cli::OpenMode mode);

}  // namespace dray::app

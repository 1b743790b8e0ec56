// Blobs in a directory of a local file system.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "model/blobs/blob_store.h"

namespace dray::files {

// Opens the store in `directory`, creating it where it is missing. Several processes may use one directory at a time.
Result<std::unique_ptr<model::BlobStore>> open_file_blob_store(const std::string& directory);

}  // namespace dray::files

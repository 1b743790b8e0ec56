// The in-memory twin of every blob store, for tests.
#pragma once

#include <memory>

#include "model/blobs/blob_store.h"

namespace dray::model {

std::unique_ptr<BlobStore> make_memory_blob_store();

}  // namespace dray::model

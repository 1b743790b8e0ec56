// Gives back the room of blobs that nobody uses (model::BlobStore::clean), after docs/format/blob-store.md.
#pragma once

#include <string>

#include "adapters/files/pack.h"
#include "adapters/files/pack_writer.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "model/blobs/blob_store.h"

namespace dray::files {

inline const std::string kAside = ".aside";  // behind the name of a large blob that was set aside

// Held while one cleans. Code::unavailable where another does.
Result<UniqueFd> lock_cleaning(const std::string& directory);

Result<void> clean_large(const std::string& directory, const model::CleaningOrder& order, model::CleanedBlobs& cleaned);

struct PacksToClean {
  std::string directory;
  PackSet& set;
  PackPool& pool;
};
// A pack goes as a whole. What is still used of one that was set aside is copied to another one before.
Result<void> clean_packs(const PacksToClean& packs, const model::CleaningOrder& order, model::CleanedBlobs& cleaned);

}  // namespace dray::files

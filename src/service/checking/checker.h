// Whether what is stored is what was stored.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/progress.h"
#include "model/assets/asset_repository.h"
#include "model/blobs/blob_store.h"
#include "model/downloads/download_repository.h"
#include "model/renditions/rendition_repository.h"

namespace dray::service {

struct CheckReport {
  std::uint64_t blobs = 0, assets = 0, renditions = 0, artifacts = 0;
  ByteCount bytes = 0;
  std::vector<std::string> problems;  // for people
};

enum class Depth {
  presence,  // lengths only
  content,   // every byte
};

struct CheckerParts {
  const model::BlobStore& blobs;
  const model::AssetRepository& assets;
  const model::RenditionRepository& renditions;
  const model::DownloadRepository& downloads;
};

Result<CheckReport> check_everything(const CheckerParts& parts, Depth depth, Progress& progress,
                                     const std::atomic<bool>& stop);

}  // namespace dray::service

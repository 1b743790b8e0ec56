// Gives back the room of what nobody uses.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "model/assets/asset_repository.h"
#include "model/blobs/blob_store.h"
#include "model/downloads/download_repository.h"
#include "model/renditions/rendition_repository.h"

namespace dray::service {

struct CleanerParts {
  model::BlobStore& blobs;
  const model::AssetRepository& assets;
  model::RenditionRepository& renditions;
  const model::DownloadRepository& downloads;
  const Clock& clock;
  // Manifests of archives that are being sent, whose downloads may have gone meanwhile; may be empty.
  std::function<std::vector<model::BlobId>()> list_sent = {};
};

struct CleanerConfig {
  // How long a blob stays that nothing refers to. Longer than anybody takes from putting a blob, or finding one in the
  // catalog, to referring to it.
  std::chrono::hours keep_unused{24};
  std::chrono::days keep_renditions{30};  // that were made on demand; they are made anew
};

struct CleanReport {
  std::uint64_t used = 0, renditions = 0;  // blobs in use; renditions that were forgotten
  model::CleanedBlobs blobs;
};

// Code::corrupt where a kept download's manifest cannot be read, since then nobody knows what it needs. Else as
// BlobStore::clean().
Result<CleanReport> clean(const CleanerParts& parts, const CleanerConfig& config, const std::atomic<bool>& stop);

}  // namespace dray::service

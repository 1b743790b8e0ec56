// An archive's bytes, from its manifest and the blobs.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/byte_source.h"
#include "model/blobs/blob_store.h"
#include "pipeline/layout/manifest.h"

namespace dray::pipeline {

// A manifest that is open: mapped where it is a file, else in memory.
class OpenManifest {
 public:
  static Result<std::shared_ptr<const OpenManifest>> open(const model::BlobStore& blobs, const model::BlobId& id);
  ~OpenManifest();
  OpenManifest(const OpenManifest&) = delete;

  const ManifestView& view() const { return *view_; }

 private:
  OpenManifest() = default;

  std::string memory_;
  void* mapping_ = nullptr;
  std::size_t mapping_size_ = 0;
  std::optional<ManifestView> view_;
};

// `blobs` outlives the source and every cursor.
std::shared_ptr<const ByteSource> make_archive_source(std::shared_ptr<const OpenManifest> manifest,
                                                      const model::BlobStore& blobs);

// Manifests that somebody reads right now are opened once. Safe for use from any thread.
class ManifestCache {
 public:
  explicit ManifestCache(const model::BlobStore& blobs) : blobs_(blobs) {}
  Result<std::shared_ptr<const OpenManifest>> open(const model::BlobId& id);
  std::vector<model::BlobId> list_open() const;  // that somebody reads right now

 private:
  const model::BlobStore& blobs_;
  mutable std::mutex mutex_;
  std::unordered_map<model::BlobId, std::weak_ptr<const OpenManifest>> open_;
};

}  // namespace dray::pipeline

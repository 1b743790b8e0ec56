// Downloads, from request to bytes.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/clock.h"
#include "base/random.h"
#include "model/assets/asset_repository.h"
#include "model/blobs/blob_store.h"
#include "model/downloads/download_repository.h"
#include "model/events/events.h"
#include "model/people/access.h"
#include "model/renditions/preset_repository.h"
#include "pipeline/bytes/archive_source.h"
#include "pipeline/layout/layout.h"
#include "pipeline/plan/plan.h"
#include "pipeline/select/selection.h"
#include "service/downloads/renditions.h"

namespace dray::service {

struct OpenArtifact {
  model::Artifact artifact;
  std::shared_ptr<const ByteSource> source;
  std::shared_ptr<const pipeline::OpenManifest> manifest;  // of an archive
};

struct OpenOriginal {
  model::Node node;
  std::shared_ptr<const ByteSource> source;
};

// The first four stages of a request.
struct Explanation {
  pipeline::DownloadRequest request;
  pipeline::Selection selection;
  pipeline::Plan plan;
  std::vector<pipeline::Layout> layouts;
};
json::object to_json(const Explanation& explanation);

// What Downloads is built on; all of it outlives it.
struct DownloadsParts {
  model::AssetRepository& assets;
  model::BlobStore& blobs;
  model::DownloadRepository& downloads;
  model::AccessRepository& access;
  model::EventLog& events;
  const Clock& clock;
  Random& random;
  const model::PresetRepository& presets;
  const model::ProcessingProfileRepository& processing_profiles;
  Renderer* renderer = nullptr;  // without one no renditions can be made, only explained
  SmartCrops* smart_crops = nullptr;
};

// Safe for use from any thread.
class Downloads {
 public:
  Downloads(DownloadsParts parts, pipeline::Policy policy) : parts_(parts), policy_(policy), manifests_(parts.blobs) {}

  // Selects, plans, lays out, makes the manifests durable and then the download. An Error only when the store or the
  // catalog fails, or Code::invalid where a rendition is asked for that nobody could make; what cannot be delivered is
  // in the download's `skipped`.
  Result<model::Download> create(const pipeline::DownloadRequest& request, const model::Caller& caller);
  Result<Explanation> explain(const pipeline::DownloadRequest& request, const model::Caller& caller) const;

  // The caller's own, or anyone's for administrators; else Code::not_found, as if it were not there.
  Result<model::Download> get(const std::string& id, const model::Caller& caller) const;
  Result<std::vector<model::Download>> list(const model::Caller& caller, const std::string& before,
                                            std::size_t limit) const;
  Result<void> remove(const std::string& id, const model::Caller& caller);

  // Code::not_found; Code::denied when a right that it needs has been withdrawn since; Code::gone when a blob has.
  Result<OpenArtifact> open_artifact(const std::string& id, const std::string& name, const model::Caller& caller);
  Result<OpenOriginal> open_original(const AssetPath& path, const model::Caller& caller) const;

 private:
  enum class Making { yes, no };
  Result<Explanation> prepare(const pipeline::DownloadRequest& request, const model::Caller& caller,
                              Making making) const;
  void leave_out_missing_blobs(pipeline::Selection& selection) const;
  Result<std::vector<model::Artifact>> make_artifacts(const Explanation& prepared);
  Result<void> check_rights(const model::Download& download, const model::Caller& caller) const;

  DownloadsParts parts_;
  const pipeline::Policy policy_;
  pipeline::ManifestCache manifests_;
  mutable std::atomic<int> preparing_ = 0;  // downloads with renditions
};

}  // namespace dray::service

// Renditions for whoever asks: made by the workers, each once, and kept.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "lang/is/recipe.h"
#include "model/blobs/blob_store.h"
#include "model/renditions/rendition_repository.h"
#include "pipeline/renditions/engine.h"
#include "pipeline/renditions/static_renditions.h"
#include "service/rendering/films.h"
#include "service/rendering/keyed_locks.h"
#include "service/rendering/worker_pool.h"

namespace dray::service {

struct Original {
  model::Blob content;
  std::string mime_type;
};

// A picture that was made for one answer and is kept in memory only.
struct Picture {
  std::string content;
  std::string entity_tag;  // of the content alone
  MadeFile about;
  pipeline::SourceFacts source;
};

struct RendererParts {
  model::BlobStore& blobs;
  model::RenditionRepository& renditions;
  WorkerPool& workers;
  const Clock& clock;
  const Films* films = nullptr;  // without it films have no renditions
};

struct RendererConfig {
  pipeline::ImageSettings settings;
  pipeline::ImageLimits limits;
  ByteCount kept_in_memory = 200 * 1000 * 1000;  // of pictures made for image requests
};

// Safe for use from any thread.
class Renderer {
 public:
  Renderer(RendererParts parts, RendererConfig config);
  ~Renderer();

  const pipeline::ImageSettings& settings() const { return config_.settings; }

  // A static rendition that was made as it would be now, or why it could not be; nullopt: nobody has tried.
  Result<std::optional<model::Rendition>> find_static(const Original& original,
                                                      const pipeline::StaticRendition& wanted) const;

  // For image requests. Two that want the same share the work. Code::invalid: it cannot be made, and why; Code::busy:
  // too many wait for pictures.
  Result<std::shared_ptr<const Picture>> make(const Original& original, const is::Recipe& recipe,
                                              pipeline::Subject subject,
                                              const std::optional<pipeline::SmartCropArea>& area = std::nullopt);
  // Where the smart crops of these sizes are. Code::invalid: the original is damaged.
  Result<std::vector<pipeline::NormalBox>> find_smart_crops(const Original& original,
                                                            const std::vector<pipeline::PixelSize>& targets);
  // What is known of the original without making anything of it.
  Result<pipeline::SourceFacts> inspect(const Original& original);
  // For downloads: a blob, durable and in the catalog. What failed once because of the original is not tried again for
  // a day. Two that want the same share the work.
  Result<model::Rendition> keep(const Original& original, const is::Recipe& recipe,
                                const std::optional<pipeline::SmartCropArea>& area = std::nullopt,
                                Waiting waiting = {});
  // Those that are missing of `wanted` are made together. In the order of `wanted`; one that cannot be made has its
  // failure. Code::unavailable and the like: nothing was made, and it may be tried again. The preview of a film may
  // take hours.
  Result<std::vector<model::Rendition>> keep_static(const Original& original,
                                                    const std::vector<pipeline::StaticRendition>& wanted,
                                                    Waiting waiting = {});
  // The pages of a document, taken apart once and kept; none where files of its type have none, or it has a single one.
  // Code::invalid: it is damaged.
  Result<std::vector<model::Rendition>> keep_subassets(const Original& original);
  // Those that were made.
  Result<std::vector<model::Rendition>> list_subassets(const Original& original) const;

 private:
  class Memory;
  struct OpenPicture {
    UniqueFd file;  // holds nothing else
    std::string mime_type;
  };
  std::string subasset_prefix(const std::string& mime_type) const;
  std::string static_key(const Original& original, const pipeline::StaticRendition& rendition) const;
  Result<std::optional<model::Rendition>> find_kept(const model::RenditionKey& key) const;
  Result<Made> run(const OpenPicture& picture, RenderJob job, Waiting waiting = {});
  Result<Made> run(const Original& original, RenderJob job, Waiting waiting = {});
  Result<model::Rendition> store(int output, const MadeFile& file, model::BlobBatch& batch) const;
  model::Rendition failed(std::string name, const Error& error) const;
  model::Rendition failed(const pipeline::StaticRendition& wanted, const Error& error) const;
  Result<OpenPicture> open_original(const Original& original) const;
  Result<OpenPicture> open_picture(const Original& original) const;
  Result<std::vector<model::Rendition>> make_static(const Original& original,
                                                    const std::vector<pipeline::StaticRendition>& wanted,
                                                    model::BlobBatch& batch, Waiting waiting);
  Result<std::vector<model::Rendition>> make_static_of(const OpenPicture& picture,
                                                       const std::vector<pipeline::StaticRendition>& wanted,
                                                       model::BlobBatch& batch, Waiting waiting);
  Result<std::vector<model::Rendition>> keep_pictures(const Original& original,
                                                      const std::vector<pipeline::StaticRendition>& wanted,
                                                      Waiting waiting);
  Result<model::Rendition> keep_preview(const Original& original, const pipeline::StaticRendition& wanted,
                                        Waiting waiting);
  std::string recipe_key(const Original& original, const is::Recipe& recipe, pipeline::Subject subject,
                         const std::optional<pipeline::SmartCropArea>& area) const;

  RendererParts parts_;
  const RendererConfig config_;
  const std::string settings_key_;
  std::unique_ptr<Memory> memory_;
  KeyedLocks keeping_;  // by what is being made to be kept
};

}  // namespace dray::service

// Image requests: /is/image/PATH?COMMANDS.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/asset_path.h"
#include "base/byte_source.h"
#include "base/result.h"
#include "lang/is/recipe.h"
#include "model/assets/asset_repository.h"
#include "model/people/access.h"
#include "model/renditions/preset_repository.h"
#include "model/renditions/processing_profile_repository.h"
#include "service/rendering/renderer.h"
#include "service/rendering/smart_crops.h"

namespace dray::service {

struct ImageRequest {
  std::string object;  // below /content/dam, decoded: "shoot/beach.jpg"
  std::string query;   // as it was sent
};

struct ImageText {
  std::string content_type, text;
  bool may_be_kept = true;  // by caches
};

struct ImageAnswer {
  std::variant<std::shared_ptr<const Picture>, ImageText> content;
  std::string entity_tag;            // of a picture
  Seconds last_modified{};           // of its original
  std::vector<std::string> unknown;  // commands that are not known, and were ignored
};

struct OpenRendition {
  model::Rendition rendition;
  std::shared_ptr<const ByteSource> source;
  Seconds last_modified{};  // of its original
};

struct ImagesParts {
  const model::BlobStore& blobs;
  const model::AssetRepository& assets;
  model::AccessRepository& access;
  const model::PresetRepository& presets;
  const model::ProcessingProfileRepository& processing_profiles;
  Renderer& renderer;
  SmartCrops& smart_crops;
  const Clock& clock;
  model::ReadLicencePage read_licence_page = nullptr;
};

struct ImagesConfig {
  std::string signing_key;  // requests are signed with it; empty: they are not
  bool locks = false;       // requests end with a checksum
  bool obfuscates = false;  // requests are base64
};

// Safe for use from any thread.
class Images {
 public:
  Images(ImagesParts parts, ImagesConfig config) : parts_(parts), config_(config) {}

  // Code::invalid: the request is malformed, or asks for what cannot be made. Code::not_found: there is no such image,
  // or the caller may not know of it. Code::denied.
  Result<ImageAnswer> answer(const ImageRequest& request, const model::Caller& caller) const;
  // Whether the request is signed: whoever has the key may ask as everyone may.
  bool is_signed(const ImageRequest& request) const;
  // A static rendition that is kept, or that the asset gets and can be made at once. Code::not_found, denied, invalid.
  Result<OpenRendition> open_rendition(const AssetPath& path, std::string_view name, const model::Caller& caller) const;
  // A sub-asset: a page of a document. Code::not_found, denied.
  Result<OpenRendition> open_subasset(const AssetPath& path, std::string_view name, const model::Caller& caller) const;
  Result<std::vector<model::Rendition>> list_subassets(const model::Asset& asset) const;
  // The asset with its smart crops. Code::not_found, denied, invalid.
  Result<std::vector<model::SmartCrop>> list_smart_crops(const AssetPath& path, const model::Caller& caller) const;
  Result<model::SmartCrop> change_smart_crop(const AssetPath& path, const model::SmartCrop& by_hand,
                                             const model::Caller& caller) const;
  // Static renditions that have been made of it, and those that could not be made.
  Result<std::vector<model::Rendition>> list_renditions(const model::Node& node) const;
  // How a preset, the fields of the panel or an image modifier are to be made. Code::invalid.
  Result<is::Reading> read(std::string_view query) const;

 private:
  enum class Glimpse { no, yes };  // small enough to choose by: no licence need be agreed to
  Result<model::Node> find_asset(const AssetPath& path, const Error& absent, const model::Caller& caller,
                                 Glimpse glimpse = Glimpse::no) const;
  struct Found {
    model::Node node;
    std::optional<model::SmartCrop> crop;
  };
  Result<Found> find_object(const std::string& object, const model::Caller& caller) const;
  Result<model::Node> find_image(const std::string& object, const model::Caller& caller) const;
  Result<std::string> undo_signature(const ImageRequest& request) const;
  Result<std::string> undo_protection(const ImageRequest& request) const;
  Result<Found> find_or_default(const ImageRequest& request, is::Reading& reading, const model::Caller& caller) const;
  Result<std::vector<pipeline::StaticRendition>> static_renditions(const model::Node& node) const;
  Result<model::Rendition> find_or_make(const model::Node& node, const pipeline::StaticRendition& wanted) const;
  Result<ImageAnswer> answer_with_picture(const Found& found, const is::Reading& reading) const;
  Result<ImageText> describe_reply(const Found& found, const is::Reading& reading) const;
  Result<ImageText> describe_source(const Original& original, const is::Question& question) const;

  ImagesParts parts_;
  const ImagesConfig config_;
};

}  // namespace dray::service

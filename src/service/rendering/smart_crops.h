// The smart crops of assets: found once for each aspect ratio, kept, and changed by hand.
#pragma once

#include <vector>

#include "model/assets/asset.h"
#include "model/renditions/image_profile_repository.h"
#include "service/rendering/renderer.h"

namespace dray::service {

// Safe for use from any thread.
class SmartCrops {
 public:
  SmartCrops(model::ImageProfileRepository& profiles, Renderer& renderer) : profiles_(profiles), renderer_(renderer) {}

  // Those that the asset's image profile asks for; what is not there yet is found now. None where there is no profile,
  // or where such files have none. What was changed by hand stays as long as its size is asked for. Code::invalid: the
  // original is damaged.
  Result<std::vector<model::SmartCrop>> of(const model::Node& asset);
  // Code::not_found: the asset has no such crop. Code::invalid: it lies outside the picture, or has no extent.
  Result<model::SmartCrop> change(const model::Node& asset, const model::SmartCrop& by_hand);
  Result<std::vector<model::ImageProfile>> profiles() const { return profiles_.list(); }
  // Names of the crops of all profiles, each once.
  Result<std::vector<std::string>> all_names() const;

 private:
  model::ImageProfileRepository& profiles_;
  Renderer& renderer_;
};

// Whether files of this MIME type have smart crops: not SVG, WebP, PDF.
bool has_smart_crops(std::string_view mime_type);

pipeline::SmartCropArea area_of(const model::SmartCrop& crop);
json::object to_json(const model::SmartCrop& crop);

}  // namespace dray::service

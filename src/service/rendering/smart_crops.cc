#include "service/rendering/smart_crops.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace dray::service {
namespace {

// Crops of one aspect ratio have one place: what is kept of another size will do.
struct Aspect {
  std::uint64_t width, height;
  bool operator<(const Aspect& other) const { return width * other.height < other.width * height; }
};

Aspect aspect_of(std::uint32_t width, std::uint32_t height) { return {width, height}; }

}  // namespace

bool has_smart_crops(std::string_view mime_type) {
  return pipeline::can_be_rendered(mime_type) && mime_type != "image/svg+xml" && mime_type != "image/webp" &&
         !pipeline::may_hold(mime_type, pipeline::SourceKind::pdf);
}

pipeline::SmartCropArea area_of(const model::SmartCrop& crop) {
  return {{crop.left, crop.top, crop.width, crop.height},
          {static_cast<int>(crop.target_width), static_cast<int>(crop.target_height)}};
}

json::object to_json(const model::SmartCrop& crop) {
  return {{"name", crop.name},
          {"left", crop.left},
          {"top", crop.top},
          {"normalizedWidth", crop.width},
          {"normalizedHeight", crop.height},
          {"targetWidth", crop.target_width},
          {"targetHeight", crop.target_height},
          {"byHand", crop.by_hand}};
}

Result<std::vector<model::SmartCrop>> SmartCrops::of(const model::Node& asset) {
  std::vector<model::SmartCrop> crops;
  if (!asset.asset || !has_smart_crops(asset.asset->mime_type)) return crops;
  ASSIGN_OR_RETURN(auto profiles, profiles_.list());
  const auto* profile = model::profile_for(profiles, asset.path);
  if (!profile || profile->crops.empty()) return crops;
  ASSIGN_OR_RETURN(auto kept, profiles_.list_crops(asset.id));
  const auto& original = asset.asset->original;
  std::map<Aspect, pipeline::NormalBox> found;
  for (const auto& crop : kept) {
    if (crop.original == original.id && !crop.by_hand)
      found[aspect_of(crop.target_width, crop.target_height)] = area_of(crop).box;
  }
  std::vector<pipeline::PixelSize> missing;
  std::vector<const model::CropSize*> wanted;
  for (const auto& size : profile->crops) {
    auto before = std::find_if(kept.begin(), kept.end(), [&](const auto& crop) {
      bool is_right = crop.target_width == size.width && crop.target_height == size.height;
      return crop.name == size.name && is_right && (crop.by_hand || crop.original == original.id);
    });
    if (before != kept.end()) {
      crops.push_back(*before);
      continue;
    }
    wanted.push_back(&size);
    if (!found.contains(aspect_of(size.width, size.height))) {
      missing.push_back({static_cast<int>(size.width), static_cast<int>(size.height)});
      found[aspect_of(size.width, size.height)] = {};
    }
  }
  if (wanted.empty()) return crops;
  if (!missing.empty()) {
    ASSIGN_OR_RETURN(auto boxes, renderer_.find_smart_crops({original, asset.asset->mime_type}, missing));
    for (std::size_t i = 0; i < missing.size(); ++i) {
      auto width = static_cast<std::uint32_t>(missing[i].width), height = static_cast<std::uint32_t>(missing[i].height);
      found[aspect_of(width, height)] = boxes[i];
    }
  }
  std::vector<model::SmartCrop> made;
  for (const auto* size : wanted) {
    const auto& box = found[aspect_of(size->width, size->height)];
    made.push_back(
        {size->name, box.left, box.top, box.width, box.height, size->width, size->height, false, original.id});
  }
  RETURN_IF_ERROR(profiles_.put_crops(asset.id, made));
  crops.insert(crops.end(), made.begin(), made.end());
  return crops;
}

Result<model::SmartCrop> SmartCrops::change(const model::Node& asset, const model::SmartCrop& by_hand) {
  constexpr double kSlack = 1e-6;
  bool is_inside = by_hand.left >= 0 && by_hand.top >= 0 && by_hand.width > 0 && by_hand.height > 0 &&
                   by_hand.left + by_hand.width <= 1 + kSlack && by_hand.top + by_hand.height <= 1 + kSlack;
  if (!is_inside)
    return Error{Code::invalid,
                 "a crop lies inside the picture: left, top, normalizedWidth and normalizedHeight are "
                 "fractions from 0 to 1"};
  ASSIGN_OR_RETURN(auto crops, of(asset));
  for (auto& crop : crops) {
    if (crop.name != by_hand.name) continue;
    crop.left = by_hand.left;
    crop.top = by_hand.top;
    crop.width = by_hand.width;
    crop.height = by_hand.height;
    crop.by_hand = true;
    RETURN_IF_ERROR(profiles_.put_crops(asset.id, {crop}));
    return crop;
  }
  return Error{Code::not_found, fmt::format("{} has no smart crop {}", asset.path.text(), by_hand.name)};
}

Result<std::vector<std::string>> SmartCrops::all_names() const {
  ASSIGN_OR_RETURN(auto profiles, profiles_.list());
  std::vector<std::string> names;
  for (const auto& profile : profiles) {
    for (const auto& crop : profile.crops) names.push_back(crop.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace dray::service

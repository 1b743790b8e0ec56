#include "model/assets/asset.h"

#include <array>

#include "model/assets/asset_repository.h"

namespace dray::model {
namespace {
struct Named {
  SetKind kind;
  std::string_view s7, name;
};
constexpr std::array kSets = {Named{SetKind::image_set, "ImageSet", "Image Set"},
                              Named{SetKind::spin_set, "SpinSet", "Spin Set"},
                              Named{SetKind::mixed_media_set, "MixedMediaSet", "Mixed Media Set"},
                              Named{SetKind::carousel_set, "CarouselSet", "Carousel Set"}};
}  // namespace

AssetPath dam_root() { return AssetPath::trusted("/content/dam"); }

std::string_view name_of(SetKind kind) {
  for (const auto& set : kSets) {
    if (set.kind == kind) return set.name;
  }
  return "";
}

SetKind set_kind_of(std::string_view s7) {
  for (const auto& set : kSets) {
    if (set.s7 == s7) return set.kind;
  }
  return SetKind::none;
}

json::object to_json(const Node& node) {
  json::object object{{"path", node.path.text()}, {"name", node.path.name()}};
  if (node.is_folder()) {
    object["type"] = "folder";
    return object;
  }
  const auto& asset = *node.asset;
  object["type"] = "asset";
  object["mimeType"] = asset.mime_type;
  object["size"] = asset.original.size;
  object["modified"] = format_utc(std::chrono::floor<std::chrono::seconds>(asset.modified));
  object["version"] = asset.version;
  object["sha256"] = asset.original.id.hex();
  if (asset.width) object["width"] = *asset.width;
  if (asset.height) object["height"] = *asset.height;
  if (asset.protection.expires) object["expires"] = format_utc(*asset.protection.expires);
  json::array pages;
  for (const auto& page : asset.protection.licence_pages) pages.emplace_back(page);
  if (!pages.empty()) object["licensePages"] = std::move(pages);
  if (!asset.protection.restrictions.empty()) object["hasRestrictions"] = true;
  if (asset.set != SetKind::none) object["set"] = name_of(asset.set);
  return object;
}

}  // namespace dray::model

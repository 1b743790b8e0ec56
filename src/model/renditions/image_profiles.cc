#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/text.h"
#include "model/renditions/image_profile_repository.h"
#include "model/renditions/memory_profiles.h"

namespace dray::model {
namespace {

constexpr std::size_t kMostCrops = 100;
constexpr std::uint32_t kSmallest = 50, kLargest = 100'000;

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && is_valid_utf8(name) &&
         name.find_first_of("/:|,?#&=%\"<>\\") == name.npos &&
         std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Error invalid(std::string message) { return {Code::invalid, std::move(message)}; }

std::optional<std::uint32_t> size_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  boost::system::error_code error;
  auto number = value && value->is_number() ? value->to_number<std::uint32_t>(error) : 0u;
  return value && value->is_number() && !error ? std::optional(number) : std::nullopt;
}

class MemoryImageProfiles final : public ImageProfileRepository {
 public:
  Result<std::vector<ImageProfile>> list() const override { return profiles_.list(); }
  Result<void> put(const ImageProfile& profile) override {
    RETURN_IF_ERROR(check_image_profile(profile));
    return profiles_.put(profile);
  }
  Result<void> remove(const std::string& name) override { return profiles_.remove(name); }

  Result<std::vector<SmartCrop>> list_crops(std::int64_t asset_id) const override {
    std::lock_guard lock(mutex_);
    std::vector<SmartCrop> crops;
    auto found = crops_.find(asset_id);
    if (found == crops_.end()) return crops;
    for (const auto& [name, crop] : found->second) crops.push_back(crop);
    return crops;
  }

  Result<void> put_crops(std::int64_t asset_id, const std::vector<SmartCrop>& crops) override {
    std::lock_guard lock(mutex_);
    for (const auto& crop : crops) {
      auto& kept = crops_[asset_id][crop.name];
      bool is_same_size = kept.target_width == crop.target_width && kept.target_height == crop.target_height;
      if (!kept.by_hand || crop.by_hand || !is_same_size) kept = crop;
    }
    return ok();
  }

 private:
  MemoryProfiles<ImageProfile> profiles_{"image profile"};
  mutable std::mutex mutex_;
  std::map<std::int64_t, std::map<std::string, SmartCrop>> crops_;  // guarded by mutex_
};

}  // namespace

Result<void> check_image_profile(const ImageProfile& profile) {
  if (!is_plain_name(profile.name))
    return invalid("an image profile's name is a text without / : | , and the like, of at most 100 bytes");
  if (profile.crops.size() > kMostCrops)
    return invalid(fmt::format("an image profile has at most {} crops", kMostCrops));
  std::set<std::string> names;
  std::set<std::pair<std::uint32_t, std::uint32_t>> sizes;
  for (const auto& crop : profile.crops) {
    if (!is_plain_name(crop.name)) return invalid("a crop's name is a text without / : | , and the like");
    if (crop.width < kSmallest || crop.height < kSmallest || crop.width > kLargest || crop.height > kLargest)
      return invalid(fmt::format("the crop {} must have at least {} x {} pixels", crop.name, kSmallest, kSmallest));
    if (!names.insert(ascii_lower(crop.name)).second)
      return invalid(fmt::format("there are two crops called {}", crop.name));
    if (!sizes.insert({crop.width, crop.height}).second)
      return invalid(fmt::format("there are two crops of {} x {} pixels", crop.width, crop.height));
  }
  return ok();
}

json::object to_json(const ImageProfile& profile) {
  json::array crops, folders;
  for (const auto& crop : profile.crops)
    crops.push_back(json::object{{"name", crop.name}, {"width", crop.width}, {"height", crop.height}});
  for (const auto& folder : profile.folders) folders.emplace_back(folder.text());
  return {{"name", profile.name}, {"crops", std::move(crops)}, {"folders", std::move(folders)}};
}

Result<ImageProfile> image_profile_from_json(std::string name, const json::value& value) {
  Error form = invalid(
      "an image profile is {\"crops\": [{\"name\": \"Large\", \"width\": 1200, \"height\": 800}], \"folders\": "
      "[\"/content/dam/shoot\"]}");
  const auto* object = value.if_object();
  if (!object) return form;
  ImageProfile profile;
  profile.name = std::move(name);
  for (const auto& member : *object) {
    const auto* list = member.value().if_array();
    if (member.key() == "name") continue;
    if (!list || (member.key() != "crops" && member.key() != "folders")) return form;
    for (const auto& item : *list) {
      if (member.key() == "folders") {
        if (!item.is_string()) return form;
        ASSIGN_OR_RETURN(auto folder, AssetPath::parse(std::string_view(item.get_string())));
        profile.folders.push_back(std::move(folder));
        continue;
      }
      const auto* crop = item.if_object();
      const auto* crop_name = crop ? crop->if_contains("name") : nullptr;
      auto width = crop ? size_of(*crop, "width") : std::nullopt,
           height = crop ? size_of(*crop, "height") : std::nullopt;
      if (!crop_name || !crop_name->is_string() || !width || !height) return form;
      profile.crops.push_back({std::string(crop_name->get_string()), *width, *height});
    }
  }
  RETURN_IF_ERROR(check_image_profile(profile));
  return profile;
}

std::unique_ptr<ImageProfileRepository> make_memory_image_profiles() { return std::make_unique<MemoryImageProfiles>(); }

}  // namespace dray::model

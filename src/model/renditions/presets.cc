#include <fmt/format.h>

#include <map>
#include <mutex>

#include "base/text.h"
#include "model/renditions/preset_repository.h"

namespace dray::model {

Result<void> check_preset_name(std::string_view name) {
  constexpr std::size_t kLongest = 100;
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!";
  if (name.empty() || name.size() > kLongest || name.find_first_not_of(kAllowed) != name.npos) {
    return Error{Code::invalid,
                 fmt::format("an image preset's name has 1 to {} letters, digits, and - _ . !; \"{}\" has not",
                             kLongest, name.substr(0, kLongest))};
  }
  return ok();
}

namespace {

class MemoryPresets final : public PresetRepository {
 public:
  Result<std::optional<ImagePreset>> find(std::string_view name) const override {
    std::lock_guard lock(mutex_);
    auto found = presets_.find(ascii_lower(name));
    return found == presets_.end() ? std::optional<ImagePreset>() : found->second;
  }

  Result<std::vector<ImagePreset>> list() const override {
    std::lock_guard lock(mutex_);
    std::vector<ImagePreset> presets;
    for (const auto& [name, preset] : presets_) presets.push_back(preset);
    return presets;
  }

  Result<void> put(const ImagePreset& preset) override {
    RETURN_IF_ERROR(check_preset_name(preset.name));
    std::lock_guard lock(mutex_);
    presets_[ascii_lower(preset.name)] = preset;
    return ok();
  }

  Result<void> remove(std::string_view name) override {
    std::lock_guard lock(mutex_);
    if (presets_.erase(ascii_lower(name)) == 0)
      return Error{Code::not_found, fmt::format("there is no image preset {}", name)};
    return ok();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ImagePreset> presets_;  // by name in lower case
};

}  // namespace

std::function<Result<std::optional<std::string>>(std::string_view)> queries_of(const PresetRepository& presets) {
  return [&presets](std::string_view name) -> Result<std::optional<std::string>> {
    ASSIGN_OR_RETURN(auto preset, presets.find(name));
    return preset ? std::optional(std::move(preset->query)) : std::nullopt;
  };
}

std::unique_ptr<PresetRepository> make_memory_presets() { return std::make_unique<MemoryPresets>(); }

}  // namespace dray::model

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json_fields.h"
#include "base/text.h"
#include "model/renditions/memory_profiles.h"
#include "model/renditions/processing_profile_repository.h"

namespace dray::model {

template <typename Fields>
void visit_fields(Fields& fields, ProcessingRendition& rendition) {
  fields("name", rendition.name);
  fields("fmt", rendition.format);
  fields("wid", rendition.width);
  fields("hei", rendition.height);
  fields("qlt", rendition.quality);
  fields("includeMimeTypes", rendition.include);
  fields("excludeMimeTypes", rendition.exclude);
}

namespace {

constexpr std::size_t kMostRenditions = 50;
constexpr std::uint32_t kLargestSide = 10'000;

struct ProfileText {
  std::string name;
  std::vector<ProcessingRendition> renditions;
  std::vector<std::string> folders;
};

template <typename Fields>
void visit_fields(Fields& fields, ProfileText& profile) {
  fields("name", profile.name);
  fields("renditions", profile.renditions);
  fields("folders", profile.folders);
}

Error invalid(std::string message) { return {Code::invalid, std::move(message)}; }

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && is_valid_utf8(name) &&
         name.find_first_of("/:|?#*%\"<>\\") == name.npos && name.front() != '.' &&
         std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// Names whose meaning is fixed, whatever a profile says.
bool is_reserved(std::string_view name) {
  return name == "original" || name.starts_with("cq5dam.thumbnail.") || name.starts_with("cq5dam.video.") ||
         name.starts_with("cq5dam.web.1280.1280.");
}

Result<void> check(const ProcessingRendition& rendition) {
  if (!is_plain_name(rendition.name))
    return invalid("a rendition's name is a text without / : | ? and the like, of at most 100 bytes");
  if (is_reserved(rendition.name))
    return invalid(fmt::format("{} is made of every asset: choose another name", rendition.name));
  constexpr std::string_view kFormats[] = {"jpeg", "png", "gif", "webp"};
  if (std::find(std::begin(kFormats), std::end(kFormats), rendition.format) == std::end(kFormats))
    return invalid(fmt::format("{}: fmt is jpeg, png, gif or webp", rendition.name));
  if (rendition.width > kLargestSide || rendition.height > kLargestSide)
    return invalid(fmt::format("{}: wid and hei are at most {} pixels", rendition.name, kLargestSide));
  if (rendition.quality < 1 || rendition.quality > 100)
    return invalid(fmt::format("{}: qlt is from 1 to 100", rendition.name));
  return ok();
}

class MemoryProcessingProfiles final : public ProcessingProfileRepository {
 public:
  Result<std::vector<ProcessingProfile>> list() const override { return profiles_.list(); }
  Result<void> put(const ProcessingProfile& profile) override {
    RETURN_IF_ERROR(check_processing_profile(profile));
    return profiles_.put(profile);
  }
  Result<void> remove(const std::string& name) override { return profiles_.remove(name); }

 private:
  MemoryProfiles<ProcessingProfile> profiles_{"processing profile"};
};

}  // namespace

bool applies_to(const ProcessingRendition& rendition, std::string_view mime_type) {
  auto matches = [&](const std::string& pattern) { return matches_pattern(pattern, mime_type); };
  if (std::any_of(rendition.exclude.begin(), rendition.exclude.end(), matches)) return false;
  return rendition.include.empty() || std::any_of(rendition.include.begin(), rendition.include.end(), matches);
}

Result<void> check_processing_profile(const ProcessingProfile& profile) {
  if (!is_plain_name(profile.name))
    return invalid("a processing profile's name is a text without / : | ? and the like, of at most 100 bytes");
  if (profile.renditions.size() > kMostRenditions)
    return invalid(fmt::format("a processing profile has at most {} renditions", kMostRenditions));
  std::set<std::string> names;
  for (const auto& rendition : profile.renditions) {
    RETURN_IF_ERROR(check(rendition));
    if (!names.insert(rendition.name).second)
      return invalid(fmt::format("there are two renditions called {}", rendition.name));
  }
  return ok();
}

json::object to_json(const ProcessingProfile& profile) {
  ProfileText text{profile.name, profile.renditions, {}};
  for (const auto& folder : profile.folders) text.folders.push_back(folder.text());
  return fields_to_json(text);
}

Result<ProcessingProfile> processing_profile_from_json(std::string name, const json::value& value) {
  ASSIGN_OR_RETURN(auto text, fields_from_json<ProfileText>(value, "a processing profile"));
  ProcessingProfile profile{std::move(name), std::move(text.renditions), {}};
  for (const auto& folder : text.folders) {
    ASSIGN_OR_RETURN(auto path, AssetPath::parse(folder));
    profile.folders.push_back(std::move(path));
  }
  RETURN_IF_ERROR(check_processing_profile(profile));
  return profile;
}

std::unique_ptr<ProcessingProfileRepository> make_memory_processing_profiles() {
  return std::make_unique<MemoryProcessingProfiles>();
}

}  // namespace dray::model

#include "service/rendering/asset_renditions.h"

#include <algorithm>

namespace dray::service {
namespace {

using pipeline::StaticRendition;

StaticRendition rendition_of(const model::ProcessingRendition& rendition) {
  using Format = is::Output::Format;
  StaticRendition result;
  result.name = rendition.name;
  result.kind = StaticRendition::Kind::format;
  result.box = {static_cast<int>(rendition.width), static_cast<int>(rendition.height)};
  result.quality = static_cast<int>(rendition.quality);
  result.format = rendition.format == "png"    ? Format::png
                  : rendition.format == "gif"  ? Format::gif
                  : rendition.format == "webp" ? Format::webp
                                               : Format::jpeg;
  return result;
}

void add_once(const StaticRendition& rendition, std::vector<StaticRendition>& all) {
  if (std::find(all.begin(), all.end(), rendition) == all.end()) all.push_back(rendition);
}

}  // namespace

Result<RenditionRules> read_rules(const model::ProcessingProfileRepository& profiles, pipeline::Generation generation) {
  RenditionRules rules;
  ASSIGN_OR_RETURN(rules.profiles, profiles.list());
  rules.generation = generation;
  return rules;
}

std::vector<StaticRendition> static_renditions_of(const RenditionRules& rules, const AssetPath& asset,
                                                  std::string_view mime_type) {
  if (pipeline::is_film(mime_type)) return pipeline::film_renditions();
  if (!pipeline::has_static_renditions(mime_type)) return {};
  auto renditions = pipeline::default_static_renditions(rules.generation);
  if (const auto* profile = model::profile_for(rules.profiles, asset)) {
    for (const auto& rendition : profile->renditions) {
      if (model::applies_to(rendition, mime_type)) renditions.push_back(rendition_of(rendition));
    }
  }
  return renditions;
}

std::vector<StaticRendition> all_static_renditions(const RenditionRules& rules) {
  auto all = pipeline::default_static_renditions(rules.generation);
  for (const auto& rendition : pipeline::film_renditions()) add_once(rendition, all);
  for (const auto& profile : rules.profiles) {
    for (const auto& rendition : profile.renditions) add_once(rendition_of(rendition), all);
  }
  return all;
}

std::string usual_name(const StaticRendition& rendition) {
  return rendition.kind == StaticRendition::Kind::web ? rendition.name + ".jpeg" : rendition.name;
}

}  // namespace dray::service

// Which static renditions an asset gets: the default ones of its kind, and those of its folder's processing profile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/renditions/processing_profile_repository.h"
#include "pipeline/renditions/static_renditions.h"

namespace dray::service {

// What it depends on, beside the asset.
struct RenditionRules {
  std::vector<model::ProcessingProfile> profiles;
  pipeline::Generation generation = pipeline::Generation::cloud;
};

Result<RenditionRules> read_rules(const model::ProcessingProfileRepository& profiles, pipeline::Generation generation);

// Empty where files of its kind have none.
std::vector<pipeline::StaticRendition> static_renditions_of(const RenditionRules& rules, const AssetPath& asset,
                                                            std::string_view mime_type);
// Those that some asset may get, each once.
std::vector<pipeline::StaticRendition> all_static_renditions(const RenditionRules& rules);

// As it is called before the original is known: web renditions become PNG where that sees through.
std::string usual_name(const pipeline::StaticRendition& rendition);

}  // namespace dray::service

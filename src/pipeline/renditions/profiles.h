// ICC profiles by the names that people and Image Serving use for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/settings.h"

namespace dray::pipeline {

// The path of the file: what the settings name, else what is installed on this system, else Dray's own stand-in for it.
// Case is ignored; "Adobe RGB (1998)" is AdobeRGB. nullopt: there is none.
std::optional<std::string> find_profile(std::string_view name, const ImageSettings& settings);
// All that find_profile() finds, in order.
std::vector<std::string> profile_names(const ImageSettings& settings);
// The folders and files that profiles are read from.
std::vector<std::string> profile_places(const ImageSettings& settings);

// Code::invalid: not an ICC profile, or larger than 4 MiB. What was read once is kept.
Result<std::string> read_profile(const std::string& path);
Result<is::PixelType> type_of_profile(std::string_view profile);
// What the profile calls itself; empty where it does not say.
std::string description_of_profile(std::string_view profile);

}  // namespace dray::pipeline

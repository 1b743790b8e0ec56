// What image profiles and processing profiles have in common: each holds for folders and what is below them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/asset_path.h"
#include "base/result.h"

namespace dray::model {

// The profile that holds for an asset: that of the nearest folder above it; nullptr where there is none.
template <typename Profile>
const Profile* profile_for(const std::vector<Profile>& profiles, const AssetPath& asset) {
  const Profile* nearest = nullptr;
  std::size_t length = 0;
  for (const auto& profile : profiles) {
    for (const auto& folder : profile.folders) {
      if (!asset.is_within(folder) || (nearest && folder.text().size() <= length)) continue;
      nearest = &profile;
      length = folder.text().size();
    }
  }
  return nearest;
}

// Code::conflict: a folder of `profile` has another one of `all` already. `kind` is what both are, for the message.
template <typename Profile>
Result<void> check_folders_are_free(const Profile& profile, const std::vector<Profile>& all, std::string_view kind) {
  for (const auto& other : all) {
    for (const auto& folder : profile.folders) {
      if (other.name != profile.name &&
          std::find(other.folders.begin(), other.folders.end(), folder) != other.folders.end())
        return Error{Code::conflict, fmt::format("{} has the {} {} already", folder.text(), kind, other.name)};
    }
  }
  return ok();
}

}  // namespace dray::model

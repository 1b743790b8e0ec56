// What the in-memory twins of both repositories of profiles have in common. Private to this module.
#pragma once

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "model/renditions/profile_folders.h"

namespace dray::model {

template <typename Profile>
class MemoryProfiles {
 public:
  explicit MemoryProfiles(std::string_view kind) : kind_(kind) {}  // as messages call them: "image profile"

  std::vector<Profile> list() const {
    std::lock_guard lock(mutex_);
    return all();
  }

  Result<void> put(const Profile& profile) {
    std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(check_folders_are_free(profile, all(), kind_));
    profiles_[profile.name] = profile;
    return ok();
  }

  Result<void> remove(const std::string& name) {
    std::lock_guard lock(mutex_);
    if (profiles_.erase(name) == 0) return Error{Code::not_found, fmt::format("there is no {} {}", kind_, name)};
    return ok();
  }

 private:
  std::vector<Profile> all() const {
    std::vector<Profile> profiles;
    for (const auto& [name, profile] : profiles_) profiles.push_back(profile);
    return profiles;
  }

  const std::string_view kind_;
  mutable std::mutex mutex_;
  std::map<std::string, Profile> profiles_;  // guarded by mutex_
};

}  // namespace dray::model

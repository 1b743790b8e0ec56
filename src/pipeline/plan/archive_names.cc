#include "pipeline/plan/archive_names.h"

#include "lang/zip/names.h"

namespace dray::pipeline {

std::string FolderNames::take(std::string_view wanted) {
  auto name = zip::make_safe_name(wanted);
  auto [place, is_free] = next_number_.try_emplace(zip::collision_key(name), 2);
  if (is_free) return name;
  for (;;) {
    auto numbered = zip::numbered_name(name, place->second++);
    if (next_number_.try_emplace(zip::collision_key(numbered), 2).second) return numbered;
    place = next_number_.find(zip::collision_key(name));  // the insertion may have moved the table
  }
}

FolderNames& ArchiveFolders::names_in(const std::string& folder) {
  if (!last_names_ || folder != last_folder_) {
    auto& names = names_[folder];
    if (!names) names = std::make_unique<FolderNames>();
    last_folder_ = folder;
    last_names_ = names.get();
  }
  return *last_names_;
}

const std::string& ArchiveFolders::place(std::string_view source, std::string_view relative) {
  if (relative.empty()) {
    static const std::string top;
    return top;
  }
  auto [found, is_new] = placed_.try_emplace(std::string(source));
  if (!is_new) return found->second;
  auto slash = relative.rfind('/');
  auto name = slash == std::string_view::npos ? relative : relative.substr(slash + 1);
  auto parent_relative = slash == std::string_view::npos ? std::string_view() : relative.substr(0, slash);
  std::string parent = place(source.substr(0, source.rfind('/')), parent_relative);
  auto path = place_new(parent, name);
  return placed_[std::string(source)] = std::move(path);
}

std::string ArchiveFolders::place_new(const std::string& folder, std::string_view name) {
  return folder + names_in(folder).take(name) + "/";
}

std::string ArchiveFolders::place_file(const std::string& folder, std::string_view name) {
  return folder + names_in(folder).take(name);
}

}  // namespace dray::pipeline

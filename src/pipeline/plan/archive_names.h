// Gives every entry of an archive its name: safe, and unique within its folder.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace dray::pipeline {

// The names of one folder that are taken. The first of two that collide keeps its name, later ones are numbered from 2.
class FolderNames {
 public:
  // `wanted` is made safe first.
  std::string take(std::string_view wanted);

 private:
  boost::unordered_flat_map<std::string, unsigned> next_number_;  // by collision key
};

// The folders of one archive. A source folder keeps the archive folder it got; two source folders of one name get two.
class ArchiveFolders {
 public:
  // The archive path ("" or ending in '/') for `relative`, the folder's path below the selection ("" for the top).
  // `source` tells two folders of one relative path apart.
  const std::string& place(std::string_view source, std::string_view relative);
  // A new folder inside that one, for one asset.
  std::string place_new(const std::string& folder, std::string_view name);
  // A file's whole name.
  std::string place_file(const std::string& folder, std::string_view name);

 private:
  FolderNames& names_in(const std::string& folder);

  std::unordered_map<std::string, std::string> placed_;  // source folder -> archive path
  std::unordered_map<std::string, std::unique_ptr<FolderNames>> names_;
  std::string last_folder_ = {};
  FolderNames* last_names_ = nullptr;
};

}  // namespace dray::pipeline

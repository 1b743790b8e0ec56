// Files below one folder, by names that come from outside. No step of a path is ever a symbolic link, so nothing
// outside the folder can be read or written, whatever lies there and whatever the names are.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace dray::fetching {

// Keeps the folder it was in last open, since neighbours in an archive lie in one folder. One thread at a time; a copy
// for each thread by again().
class Tree {
 public:
  // The folder `name` in `parent` (a descriptor), created if missing. Code::conflict: it is a link or no folder.
  static Result<Tree> make(int parent, const std::string& name, std::string shown);
  // The same of an existing folder; nullopt if there is nothing of that name.
  static Result<std::optional<Tree>> find(int parent, const std::string& name, std::string shown);
  Result<Tree> again() const;

  int fd() const { return root_.get(); }
  std::string shown(std::string_view path) const;  // for messages

  // `path` has '/' between its segments. Missing folders above it are created if `flags` has O_CREAT.
  Result<UniqueFd> open(std::string_view path, int flags);
  Result<void> make_folder(std::string_view path);
  // nullopt: nothing of that name, or its way leads over something that is no folder.
  std::optional<struct stat> status(std::string_view path);
  Result<void> remove(std::string_view path);  // a file; ok if there is none
  enum class Replace { no, yes };
  // Moves the file of that path to the same path of `to`, creating folders there. Code::conflict: Replace::no, and it
  // exists.
  Result<void> move(std::string_view path, Tree& to, Replace replace);

 private:
  Tree(UniqueFd root, std::string shown) : root_(std::move(root)), shown_(std::move(shown)) {}
  enum class Missing { fail, create };
  Result<int> enter(std::string_view folder, Missing missing);

  UniqueFd root_;
  std::string shown_;
  std::string current_path_;
  UniqueFd current_;
};

// Renames within one folder (a descriptor); with Replace::no never over something else: Code::conflict.
Result<void> rename_in(int folder, const std::string& from, const std::string& to, Tree::Replace replace);

}  // namespace dray::fetching

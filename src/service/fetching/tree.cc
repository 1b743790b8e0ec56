#include "service/fetching/tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "service/fetching/answers.h"

namespace dray::fetching {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct SplitPath {
  std::string_view folder, name;
};
SplitPath split_path(std::string_view path) {
  auto slash = path.rfind('/');
  return slash == std::string_view::npos ? SplitPath{"", path}
                                         : SplitPath{path.substr(0, slash), path.substr(slash + 1)};
}

Error folder_error(const std::string& shown, int errno_value) {
  if (errno_value == ELOOP || errno_value == ENOTDIR) {
    return {Code::conflict, fmt::format("{} is in the way: a link, or not a folder", shown)};
  }
  return system_error("cannot open the folder " + shown, errno_value);
}

int rename_once(int from_folder, const std::string& from, int to_folder, const std::string& to, Tree::Replace replace) {
  if (replace == Tree::Replace::yes) return ::renameat(from_folder, from.c_str(), to_folder, to.c_str());
  if (::renameat2(from_folder, from.c_str(), to_folder, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  struct stat status;  // a file system that cannot promise it
  if (::fstatat(to_folder, to.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::renameat(from_folder, from.c_str(), to_folder, to.c_str());
}

Error rename_error(const std::string& shown, int errno_value) {
  if (errno_value == EEXIST || errno_value == ENOTEMPTY)
    return {Code::conflict, fmt::format("{} exists already", shown)};
  return system_error("cannot put " + shown + " in its place", errno_value);
}

}  // namespace

Result<Tree> Tree::make(int parent, const std::string& name, std::string shown) {
  if (::mkdirat(parent, name.c_str(), 0777) < 0 && errno != EEXIST)
    return system_error("cannot create the folder " + shown, errno);
  UniqueFd fd(::openat(parent, name.c_str(), kFolderFlags));
  if (!fd) return folder_error(shown, errno);
  return Tree(std::move(fd), std::move(shown));
}

Result<std::optional<Tree>> Tree::find(int parent, const std::string& name, std::string shown) {
  UniqueFd fd(::openat(parent, name.c_str(), kFolderFlags));
  if (!fd && errno == ENOENT) return std::optional<Tree>();
  if (!fd) return folder_error(shown, errno);
  return std::optional(Tree(std::move(fd), std::move(shown)));
}

Result<Tree> Tree::again() const {
  UniqueFd fd(::openat(root_.get(), ".", kFolderFlags));
  if (!fd) return folder_error(shown_, errno);
  return Tree(std::move(fd), shown_);
}

std::string Tree::shown(std::string_view path) const { return fmt::format("{}/{}", shown_, printable(path)); }

Result<int> Tree::enter(std::string_view folder, Missing missing) {
  if (folder.empty()) return root_.get();
  if (current_ && folder == current_path_) return current_.get();
  current_.reset();
  UniqueFd at;
  for (auto segment : split(folder, '/')) {
    auto above = at ? at.get() : root_.get();
    std::string name(segment);
    if (missing == Missing::create && ::mkdirat(above, name.c_str(), 0777) < 0 && errno != EEXIST) {
      return system_error("cannot create the folder " + shown(folder), errno);
    }
    UniqueFd next(::openat(above, name.c_str(), kFolderFlags));
    if (!next) return folder_error(shown(folder), errno);
    at = std::move(next);
  }
  current_ = std::move(at);
  current_path_ = folder;
  return current_.get();
}

Result<UniqueFd> Tree::open(std::string_view path, int flags) {
  auto [folder, name] = split_path(path);
  ASSIGN_OR_RETURN(int at, enter(folder, flags & O_CREAT ? Missing::create : Missing::fail));
  // Not blocking: somebody may have put a pipe there.
  UniqueFd fd(::openat(at, std::string(name).c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666));
  if (!fd && errno == ELOOP) return Error{Code::conflict, fmt::format("{} is a link", shown(path))};
  if (!fd) return system_error("cannot open " + shown(path), errno);
  struct stat status;
  if (::fstat(fd.get(), &status) < 0) return system_error("cannot open " + shown(path), errno);
  if (!S_ISREG(status.st_mode)) return Error{Code::conflict, fmt::format("{} is in the way: not a file", shown(path))};
  return fd;
}

Result<void> Tree::make_folder(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  RETURN_IF_ERROR(enter(path, Missing::create));
  return ok();
}

std::optional<struct stat> Tree::status(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  auto [folder, name] = split_path(path);
  auto at = enter(folder, Missing::fail);
  struct stat status;
  if (!at || ::fstatat(*at, std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) return std::nullopt;
  return status;
}

Result<void> Tree::remove(std::string_view path) {
  auto [folder, name] = split_path(path);
  ASSIGN_OR_RETURN(int at, enter(folder, Missing::fail));
  if (::unlinkat(at, std::string(name).c_str(), 0) < 0 && errno != ENOENT)
    return system_error("cannot remove " + shown(path), errno);
  return ok();
}

Result<void> Tree::move(std::string_view path, Tree& to, Replace replace) {
  auto [folder, name] = split_path(path);
  ASSIGN_OR_RETURN(int from_folder, enter(folder, Missing::fail));
  ASSIGN_OR_RETURN(int to_folder, to.enter(folder, Missing::create));
  std::string leaf(name);
  if (rename_once(from_folder, leaf, to_folder, leaf, replace) < 0) return rename_error(to.shown(path), errno);
  return ok();
}

Result<void> rename_in(int folder, const std::string& from, const std::string& to, Tree::Replace replace) {
  if (rename_once(folder, from, folder, to, replace) < 0) return rename_error(to, errno);
  return ok();
}

}  // namespace dray::fetching

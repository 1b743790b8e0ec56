#include "service/importing/file_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/asset_path.h"
#include "base/text.h"

namespace dray::service {
namespace {

constexpr std::size_t kDeepest = 256;  // folders inside each other

int open_beneath(int root, const char* path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how));
}

model::Nanoseconds time_of(const timespec& time) {
  return model::Nanoseconds(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

class TreeReader {
 public:
  TreeReader(int root, const std::function<bool(std::size_t)>& found) : root_(root), found_(found) {}

  Result<FileTree> run() {
    int fd = ::openat(root_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return system_error("cannot read the folder", errno);
    read_folder(UniqueFd(fd), "", 0);
    return std::move(tree_);
  }

 private:
  void read_folder(UniqueFd folder, const std::string& path, std::size_t depth) {
    auto names = names_in(folder, path);
    if (names.empty() && !path.empty()) tree_.empty_folders.push_back(path);
    std::vector<std::string> folders;
    for (const auto& name : names) {
      if (stopped_) return;
      auto below = path.empty() ? name : path + "/" + name;
      if (auto checked = check_name(name); !checked) {
        report(below, checked.error().message);
        continue;
      }
      struct stat status;
      if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
        report(below, std::strerror(errno));
      } else if (S_ISDIR(status.st_mode)) {
        folders.push_back(name);
      } else if (S_ISLNK(status.st_mode)) {
        add_link(below);
      } else if (S_ISREG(status.st_mode)) {
        add_file(below, status);
      } else {
        report(below, "it is a special file (a device, socket or pipe)");
      }
    }
    for (const auto& name : folders) {
      if (stopped_) return;
      enter(folder, path.empty() ? name : path + "/" + name, name, depth + 1);
    }
  }

  void enter(const UniqueFd& parent, const std::string& path, const std::string& name, std::size_t depth) {
    if (depth > kDeepest) return report(path, "folders lie too deep inside each other");
    int fd = ::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return report(path, std::string("the folder cannot be read: ") + std::strerror(errno));
    read_folder(UniqueFd(fd), path, depth);
  }

  std::vector<std::string> names_in(const UniqueFd& folder, const std::string& path) {
    std::vector<std::string> names;
    auto* listing = ::fdopendir(::dup(folder.get()));
    if (!listing) {
      report(path, std::string("the folder cannot be read: ") + std::strerror(errno));
      return names;
    }
    errno = 0;
    while (auto* entry = ::readdir(listing)) {
      std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
    }
    if (errno) report(path, std::string("the folder cannot be read to its end: ") + std::strerror(errno));
    ::closedir(listing);
    std::sort(names.begin(), names.end());
    return names;
  }

  void add_link(const std::string& path) {
    UniqueFd target(open_beneath(root_, path.c_str(), O_PATH));
    struct stat status;
    if (!target) {
      return report(path, errno == EXDEV   ? "the symbolic link leads out of the folder and is not followed"
                          : errno == ELOOP ? "the symbolic link leads in a circle"
                                           : std::string("the symbolic link leads nowhere: ") + std::strerror(errno));
    }
    if (::fstat(target.get(), &status) < 0) return report(path, std::strerror(errno));
    if (S_ISREG(status.st_mode)) return add_file(path, status);
    report(path, S_ISDIR(status.st_mode) ? "symbolic links to folders are not followed"
                                         : "the symbolic link leads to a special file");
  }

  void add_file(const std::string& path, const struct stat& status) {
    tree_.files.push_back({path, static_cast<ByteCount>(status.st_size), time_of(status.st_mtim), status.st_dev,
                           status.st_ino, status.st_nlink});
    if (tree_.files.size() % 256 == 0 && !found_(tree_.files.size())) stopped_ = true;
  }

  void report(const std::string& path, std::string reason) {
    tree_.problems.push_back({replace_invalid_utf8(path), std::move(reason)});
  }

  const int root_;
  const std::function<bool(std::size_t)>& found_;
  FileTree tree_;
  bool stopped_ = false;
};

}  // namespace

Result<FileTree> read_file_tree(int root, const std::function<bool(std::size_t)>& found) {
  return TreeReader(root, found).run();
}

Result<UniqueFd> open_in_tree(int root, const std::string& relative) {
  int fd =
      open_beneath(root, relative.c_str(), O_RDONLY | O_NONBLOCK);  // a pipe that took the file's place must not block
  if (fd < 0) return system_error("cannot open it", errno);
  return UniqueFd(fd);
}

}  // namespace dray::service

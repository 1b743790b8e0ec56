#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dray {

Result<UniqueFd> open_file(const std::string& path, int flags, int mode) {
  int fd;
  do fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return system_error("cannot open " + path, errno);
  return UniqueFd(fd);
}

Result<std::string> read_file(const std::string& path, ByteCount limit) {
  ASSIGN_OR_RETURN(auto fd, open_file(path, O_RDONLY));
  std::string content;
  for (;;) {
    auto before = content.size();
    content.resize(before + 65536);
    ASSIGN_OR_RETURN(auto got,
                     read_at(fd.get(), before, std::as_writable_bytes(std::span(content)).subspan(before), path));
    content.resize(before + got);
    if (content.size() > limit) return Error{Code::too_large, fmt::format("{} has more than {} bytes", path, limit)};
    if (got < 65536) return content;
  }
}

Result<std::size_t> read_at(int fd, ByteCount offset, MutableBytes into, const std::string& name) {
  std::size_t done = 0;
  while (done < into.size()) {
    auto got = ::pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + name, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<void> write_at(int fd, ByteCount offset, Bytes bytes, const std::string& name) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    auto put = ::pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error("cannot write " + name, errno);
    done += static_cast<std::size_t>(put);
  }
  return ok();
}

Result<void> sync_data(int fd, const std::string& name) {
  if (::fdatasync(fd) < 0) return system_error("cannot make " + name + " durable", errno);
  return ok();
}

Result<void> sync_directory(const std::string& path) {
  ASSIGN_OR_RETURN(auto fd, open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) < 0) return system_error("cannot make the folder " + path + " durable", errno);
  return ok();
}

std::size_t raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  auto possible = std::min<rlim_t>(wanted, limit.rlim_max);
  if (limit.rlim_cur < possible) {
    auto before = std::exchange(limit.rlim_cur, possible);
    if (::setrlimit(RLIMIT_NOFILE, &limit) < 0) return before;
  }
  return limit.rlim_cur;
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  auto* listing = ::opendir(path.c_str());
  if (!listing) return system_error("cannot list " + path, errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    auto* entry = ::readdir(listing);
    if (!entry) break;
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  auto failure = errno;
  ::closedir(listing);
  if (failure != 0) return system_error("cannot list " + path, failure);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> make_directories(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    auto slash = path.rfind('/');
    return sync_directory(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
  }
  if (errno == EEXIST) {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return ok();
    return Error{Code::conflict, path + " exists and is not a folder"};
  }
  auto slash = path.find_last_not_of('/');
  slash = slash == std::string::npos ? slash : path.rfind('/', slash);
  if (errno != ENOENT || slash == std::string::npos || slash == 0)
    return system_error("cannot create the folder " + path, errno);
  RETURN_IF_ERROR(make_directories(path.substr(0, slash)));
  if (::mkdir(path.c_str(), 0700) < 0 && errno != EEXIST)
    return system_error("cannot create the folder " + path, errno);
  return sync_directory(path.substr(0, slash));
}

Result<void> replace_file(const std::string& path, Bytes content, int mode) {
  auto aside = fmt::format("{}.new-{}", path, ::getpid());
  auto write = [&]() -> Result<void> {
    ASSIGN_OR_RETURN(auto fd, open_file(aside, O_WRONLY | O_CREAT | O_TRUNC, mode));
    RETURN_IF_ERROR(write_at(fd.get(), 0, content, aside));
    RETURN_IF_ERROR(sync_data(fd.get(), aside));
    if (::rename(aside.c_str(), path.c_str()) < 0) return system_error("cannot replace " + path, errno);
    auto slash = path.rfind('/');
    return sync_directory(slash == std::string::npos ? "." : path.substr(0, slash + 1));
  };
  auto result = write();
  if (!result) ::unlink(aside.c_str());
  return result;
}

}  // namespace dray

#include "service/fetching/finished_mark.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

namespace dray::fetching {
namespace {

constexpr const char* kAttribute = "user.dray.copy";

// A folder's own time changes as files are moved into it: its files are looked at one by one instead.
std::string mark_of(const struct stat& status, const Identity& identity) {
  if (S_ISDIR(status.st_mode)) return fmt::format("{} {}", identity.etag, identity.size);
  return fmt::format("{} {} {}.{:09}", identity.etag, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

void set_finished_mark(int fd, const Identity& identity) {
  struct stat status;
  if (::fstat(fd, &status) < 0) return;
  auto mark = mark_of(status, identity);
  [[maybe_unused]] auto set = ::fsetxattr(fd, kAttribute, mark.data(), mark.size(), 0);
}

bool has_finished_mark(int fd, const Identity& identity) {
  struct stat status;
  if (::fstat(fd, &status) < 0) return false;
  if (S_ISREG(status.st_mode) && static_cast<ByteCount>(status.st_size) != identity.size) return false;
  std::string mark(2048, '\0');
  auto got = ::fgetxattr(fd, kAttribute, mark.data(), mark.size());
  if (got < 0) return false;
  mark.resize(static_cast<std::size_t>(got));
  return mark == mark_of(status, identity);
}

}  // namespace dray::fetching

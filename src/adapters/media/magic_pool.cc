#include "adapters/media/magic_pool.h"

#include <magic.h>

#include <cerrno>

namespace dray::media {
namespace {

// Executables are not looked into and archives not unpacked: neither changes the type, and both are code that hostile
// files would reach.
constexpr int kFlags = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_COMPRESS;

constexpr std::size_t kReadAtMost = 256 << 10;

}  // namespace

void MagicPool::Close::operator()(magic_set* cookie) const { ::magic_close(cookie); }

MagicPool::MagicPool() = default;
MagicPool::~MagicPool() = default;

Result<MagicPool::Cookie> MagicPool::take() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto cookie = std::move(idle_.back());
      idle_.pop_back();
      return cookie;
    }
  }
  Cookie cookie(::magic_open(kFlags));
  if (!cookie) return system_error("cannot start libmagic", errno);
  if (::magic_load(cookie.get(), nullptr) != 0) {
    auto why = ::magic_error(cookie.get());
    return Error{Code::unavailable, "the database of file types cannot be loaded", why ? why : ""};
  }
  ::magic_setparam(cookie.get(), MAGIC_PARAM_BYTES_MAX, &kReadAtMost);
  return cookie;
}

Result<std::string> MagicPool::type_of(int fd) {
  ASSIGN_OR_RETURN(auto cookie, take());
  const char* answer = ::magic_descriptor(cookie.get(), fd);
  std::string type = answer ? answer : "application/octet-stream";
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(cookie));
  return type;
}

}  // namespace dray::media

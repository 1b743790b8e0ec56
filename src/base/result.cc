#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace dray {

const char* name_of(Code code) {
  switch (code) {
    case Code::invalid:
      return "invalid";
    case Code::unauthenticated:
      return "unauthenticated";
    case Code::denied:
      return "denied";
    case Code::not_found:
      return "not_found";
    case Code::conflict:
      return "conflict";
    case Code::too_large:
      return "too_large";
    case Code::busy:
      return "busy";
    case Code::gone:
      return "gone";
    case Code::unavailable:
      return "unavailable";
    case Code::full:
      return "full";
    case Code::corrupt:
      return "corrupt";
  }
  return "unknown";
}

namespace {
Code code_for(int errno_value) {
  switch (errno_value) {
    case ENOENT:
      return Code::not_found;
    case EACCES:
    case EPERM:
      return Code::denied;
    case EEXIST:
      return Code::conflict;
    case ENAMETOOLONG:
    case EINVAL:
      return Code::invalid;
    case ENOSPC:
    case EDQUOT:
      return Code::full;
    default:
      return Code::unavailable;
  }
}
}  // namespace

Error system_error(const std::string& what, int errno_value) {
  return {code_for(errno_value), what + ": " + std::strerror(errno_value), "errno " + std::to_string(errno_value)};
}

}  // namespace dray

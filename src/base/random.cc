#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "base/text.h"

namespace dray {

void SystemRandom::fill(MutableBytes into) {
  while (!into.empty()) {
    auto got = ::getrandom(into.data(), into.size(), 0);
    if (got < 0 && errno != EINTR) std::abort();  // a kernel without randomness cannot keep any secret
    if (got > 0) into = into.subspan(static_cast<std::size_t>(got));
  }
}

std::string random_hex(Random& random, std::size_t bytes) {
  std::vector<std::byte> buffer(bytes);
  random.fill(buffer);
  return format_hex(buffer);
}

std::string random_base64url(Random& random, std::size_t bytes) {
  std::vector<std::byte> buffer(bytes);
  random.fill(buffer);
  return format_base64url(buffer);
}

}  // namespace dray

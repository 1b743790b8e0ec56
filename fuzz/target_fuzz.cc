// No target leaves its place, and every value of a query survives being written and read again.
#include <cassert>
#include <cstdint>

#include "base/text.h"
#include "lang/http/target.h"

using namespace dray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto target = http::parse_target(text)) {
    assert(target->path.starts_with('/') && is_valid_utf8(target->path) &&
           target->path.find('\0') == std::string::npos);
    auto bounded = target->path + "/";
    for (auto forbidden : {"//", "/./", "/../"}) {
      auto at = bounded.find(forbidden);
      assert(at == std::string::npos || (at + 2 == bounded.size() && target->path.ends_with('/')));
    }
    auto again = http::parse_target(percent_encode_path(target->path));
    assert(again && again->path == target->path);
    for (const auto& [name, value] : target->query) {
      auto pair = http::parse_target("/?" + http::format_query_value(name) + "=" + http::format_query_value(value));
      assert(pair && pair->query.size() == 1 && pair->query[0] == std::pair(name, value));
    }
  }
  return 0;
}

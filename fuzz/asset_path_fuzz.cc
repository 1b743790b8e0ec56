// A path: refused, or one that cannot leave its place and is the same when read again.
#include <cstdint>
#include <cstdlib>

#include "base/asset_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using dray::AssetPath;
  auto path = AssetPath::parse({reinterpret_cast<const char*>(data), size});
  if (!path) return 0;
  const auto& text = path->text();
  if (text.empty() || text[0] != '/' || text.find("//") != text.npos || (text + "/").find("/../") != text.npos)
    std::abort();
  if (*AssetPath::parse(text) != *path || !path->is_within(path->parent())) std::abort();
  if (!path->is_root() && *path->parent().child(path->name()) != *path) std::abort();
  return 0;
}

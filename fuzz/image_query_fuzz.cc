// Whatever is read can be written, and read again as the same recipe.
#include <cassert>
#include <cstdint>

#include "lang/is/recipe.h"

using namespace dray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view query(reinterpret_cast<const char*>(data), size);
  is::FindMacro find_macro = [](std::string_view name) -> std::optional<std::string> {
    if (name == "view") return "wid=240&$deep$";
    if (name == "deep") return "$view$&hei=3";
    return name == "p" ? std::optional<std::string>("fmt=png&$x=3&scl=$x$") : std::nullopt;
  };
  auto reading = is::read_query(query, find_macro);
  if (!reading) {
    assert(!reading.error().message.empty());
    return 0;
  }
  auto again = is::read_query(is::format_query(reading->recipe), find_macro);
  assert(again && again->recipe == reading->recipe && again->unknown.empty());
  auto from_json = is::recipe_from_json(is::to_json(reading->recipe));
  assert(from_json && *from_json == reading->recipe);
  return 0;
}

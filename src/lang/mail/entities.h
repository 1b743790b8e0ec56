// Character references of HTML.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dray::mail {

// The characters that "&amp;", "&#228;" and "&#xE4;" mean. Other names than those below, and ones without ';', stay.
std::string decode_entities(std::string_view text);

struct Entity {
  std::string_view name;
  std::string_view characters;
};
std::span<const Entity> known_entities();  // sorted by name

}  // namespace dray::mail

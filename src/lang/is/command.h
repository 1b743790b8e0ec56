// The query of an Image Serving request, taken apart: `cmd=value & $macro$ & $var=value & .comment`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dray::is {

struct Command {
  std::string name;   // in lower case
  std::string value;  // decoded, variables replaced

  bool operator==(const Command&) const = default;
};

// What a macro (an image preset) stands for, by its name in lower case; nullopt when there is none.
using FindMacro = std::function<Result<std::optional<std::string>>(std::string_view name)>;
Result<std::optional<std::string>> no_macro(std::string_view name);  // there are none

// The commands in the order in which they count. The query is split before anything is decoded; a macro is replaced
// where it stands, variables only behind their definition and once. Code::invalid: an unknown macro, an empty name, a
// '%' without two hexadecimal digits, text that is not UTF-8, macros within macros without end, more than 1,000
// commands. `object` is what $object$ stands for; where it is empty, $object$ stays as it is.
Result<std::vector<Command>> parse_query(std::string_view query, const FindMacro& find_macro,
                                         std::string_view object = {});

}  // namespace dray::is

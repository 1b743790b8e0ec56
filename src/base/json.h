// Boost.JSON with our limits and our errors.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dray {

namespace json = boost::json;

// Depth at most 32; Code::invalid says what is wrong and at which byte.
Result<json::value> parse_json(std::string_view text);
// Indented by two blanks, for people and for files that are read again.
std::string format_json(const json::value& value);

}  // namespace dray

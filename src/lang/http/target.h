// Request targets and forms: percent encoding undone once, and nothing let through that could leave its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dray::http {

// Names and values in the order sent; a name may occur several times.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;

// Path and query are valid UTF-8 without NUL. They are data: other control characters may occur, since names of assets
// may hold them.
struct Target {
  std::string path = "/";  // decoded once; starts with '/', no "." or ".." segment, no empty one but a last
  QueryPairs query;        // decoded once, '+' is a blank

  std::optional<std::string_view> find(std::string_view name) const;  // first value of a parameter

  bool operator==(const Target&) const = default;
};

// Origin-form only. Code::invalid: '%' without two hexadecimal digits, encoded NUL, an encoded slash, "." or ".."
// segments (encoded or not), "//", invalid UTF-8 after decoding, '#', a raw backslash in the path, raw blanks, control
// characters or bytes beyond ASCII.
Result<Target> parse_target(std::string_view target);

// Percent encoding of everything but RFC 3986's unreserved characters; for names and values of a query.
std::string format_query_value(std::string_view text);

}  // namespace dray::http

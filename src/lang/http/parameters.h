// Header values with parameters behind them, as in `multipart/form-data; boundary="a b"`. For the sources of this
// module.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lang/http/target.h"

namespace dray::http {

struct ParameterizedValue {
  std::string value;      // in lower case
  QueryPairs parameters;  // names in lower case, values without quotes

  std::optional<std::string_view> find(std::string_view lower_case_name) const;  // the first of that name

  bool operator==(const ParameterizedValue&) const = default;
};

inline constexpr std::size_t kMaxParameters = 16;  // each takes 64 bytes, and four in the text are enough for one

// nullopt: malformed, or more than kMaxParameters. Two liberties, since clients take them: a value without quotes may
// have characters that are no token's (`boundary=----=_Part_1`), and a backslash in quotes stands for itself, except
// before a quote or a backslash (`filename="C:\temp\a.jpg"`).
std::optional<ParameterizedValue> parse_parameterized(std::string_view text);

}  // namespace dray::http

// Java properties files, the form of workflow mail templates.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dray::mail {

// Keys and values as UTF-8. The text is UTF-8, with or without a byte order mark; one that is not valid UTF-8 is read
// as ISO 8859-1, the old encoding of the form. Of a repeated key the last value counts. Code::invalid: an escape \u
// without four hexadecimal digits or with half of a surrogate pair; the message names the line.
Result<std::map<std::string, std::string>> parse_properties(std::string_view text);

}  // namespace dray::mail

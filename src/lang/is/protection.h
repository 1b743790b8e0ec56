// Hints against tampering with image requests. They are no security: anyone can compute them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace dray::is {

// A locked query ends with `&` and four hexadecimal digits, the checksum of what comes before. Gives that.
// Code::invalid.
Result<std::string> undo_lock(std::string_view query);
std::string checksum_of(std::string_view query);

// Base64, of either alphabet, with or without padding. Code::invalid.
Result<std::string> undo_obfuscation(std::string_view query);

}  // namespace dray::is

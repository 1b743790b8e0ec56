// Protection of image requests. Locks and obfuscation are hints, which anyone can compute; signatures need a key.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace dray::is {

// A locked query ends with `&` and four hexadecimal digits, the checksum of what comes before. Gives that.
// Code::invalid.
Result<std::string> undo_lock(std::string_view query);
std::string checksum_of(std::string_view query);

// Base64, of either alphabet, with or without padding. Code::invalid.
Result<std::string> undo_obfuscation(std::string_view query);

// A signed query ends with `sig=` and the HMAC-SHA256 of what comes before, with the decoded path of the request, in
// hexadecimal; before it may stand `expires=`, seconds since 1970. Gives the query without either.
// Code::invalid: the signature is missing or wrong, or its time is over.
Result<std::string> undo_signature(std::string_view path, std::string_view query, std::string_view key, Seconds now);
// The whole query. `expires` 0: it holds for ever.
std::string sign(std::string_view path, std::string_view query, std::string_view key, Seconds expires);

}  // namespace dray::is

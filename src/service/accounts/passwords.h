// Passwords as they are kept: argon2id, libsodium's text form.
#pragma once

#include <string>

namespace dray::service {

std::string hash_password(const std::string& password);  // takes about 50 ms; throws std::bad_alloc
bool matches_password(const std::string& hash, const std::string& password);

}  // namespace dray::service

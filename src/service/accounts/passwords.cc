#include "service/accounts/passwords.h"

#include <sodium.h>

#include <new>

namespace dray::service {
namespace {

constexpr unsigned long long kPasses = 3;
constexpr std::size_t kMemory = 64 * 1024 * 1024;

}  // namespace

std::string hash_password(const std::string& password) {
  std::string hash(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), kPasses, kMemory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();  // the only reason that libsodium gives
  }
  hash.resize(hash.find('\0'));
  return hash;
}

bool matches_password(const std::string& hash, const std::string& password) {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace dray::service

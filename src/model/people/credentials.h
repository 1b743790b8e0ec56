// What opens the door without a password: bearer tokens and browser sessions. Secrets are never stored, only their
// SHA-256.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"

namespace dray::model {

enum class CredentialKind { token, session };

struct Credential {
  Sha256 secret_hash;
  CredentialKind kind = CredentialKind::token;
  std::string id;  // public, for listing and revoking
  std::string user;
  std::string label;  // for the person who lists them
  Seconds created{};
  std::optional<Seconds> expires;

  bool operator==(const Credential&) const = default;
};

// Safe for use from any thread.
class CredentialRepository {
 public:
  virtual ~CredentialRepository() = default;
  virtual Result<void> put(const Credential& credential) = 0;
  virtual Result<std::optional<Credential>> find(const Sha256& secret_hash) = 0;
  virtual Result<std::vector<Credential>> list(const std::string& user, CredentialKind kind) = 0;  // oldest first
  virtual Result<void> remove(const std::string& id) = 0;                                          // Code::not_found
  virtual Result<void> remove_expired(Seconds now) = 0;
};

}  // namespace dray::model

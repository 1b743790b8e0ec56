// Who a request comes from.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "model/events/events.h"
#include "model/people/credentials.h"
#include "model/people/people.h"

namespace dray::service {

struct AccountsConfig {
  std::chrono::seconds session_life{std::chrono::hours(12)};
  std::chrono::seconds password_memory{std::chrono::minutes(5)};
  unsigned checks_at_once = 2;   // of passwords; each takes 64 MiB
  unsigned checks_waiting = 12;  // beyond it Code::busy; fewer than the threads that serve
};

struct NewSession {
  std::string secret;  // the cookie's value
  std::string csrf_token;
};

struct NewToken {
  std::string secret;  // shown once
  model::Credential credential;
};

// Safe for use from any thread. What it is given outlives it.
class Accounts {
 public:
  Accounts(model::PeopleRepository& people, model::CredentialRepository& credentials, model::EventLog& events,
           const Clock& clock, Random& random, AccountsConfig config = {});

  // Code::unauthenticated with one message for every reason; Code::busy when too many are being checked.
  Result<model::Caller> check_password(const std::string& user, const std::string& password);
  Result<model::Caller> check_token(const std::string& secret);
  Result<model::Caller> check_session(const std::string& secret);

  Result<NewSession> open_session(const model::Caller& caller);
  void close_session(const std::string& secret);
  // Whether a password is that of a hash; as many at a time as people sign in. Code::busy.
  Result<bool> check_secret(const std::string& hash, const std::string& password);
  // What a browser has to send back with every change; follows from the session's secret.
  static std::string csrf_token_of(const std::string& session_secret);

  // `user` must exist. The secret begins with "dray_".
  Result<NewToken> create_token(const std::string& user, const std::string& label,
                                std::optional<std::chrono::seconds> life);

  // Creates the user, or changes their password and ends their sessions; tokens stay. Code::invalid: empty or longer
  // than 1024 bytes.
  Result<void> set_password(const std::string& user, const std::string& password);
  // Creates the user "admin" in administrators when there are no administrators and no
  // admin; answers the password if it made one up.
  Result<std::optional<std::string>> create_first_administrator(const std::optional<std::string>& password);

 private:
  Result<model::Caller> check_credential(const std::string& secret, model::CredentialKind kind);
  bool verify(const std::string& hash, const std::string& password);
  Result<void> enter_check();
  void leave_check();
  std::string memory_key(const model::User& user, const std::string& password) const;
  bool remembers(const std::string& key);
  void remember(const std::string& key);

  model::PeopleRepository& people_;
  model::CredentialRepository& credentials_;
  model::EventLog& events_;
  const Clock& clock_;
  Random& random_;
  const AccountsConfig config_;
  std::string process_key_;
  std::once_flag decoy_made_;
  std::string decoy_hash_;  // checked for users that do not exist, so that they take as long

  std::mutex mutex_;  // guards what follows
  std::condition_variable check_done_;
  unsigned checking_ = 0, waiting_ = 0;
  std::unordered_map<std::string, Seconds> remembered_;  // key -> until
};

}  // namespace dray::service

#include "service/accounts/accounts.h"

#include <sodium.h>

#include <cstdlib>

#include "base/log.h"
#include "base/scope_exit.h"
#include "base/text.h"
#include "service/accounts/passwords.h"

namespace dray::service {
namespace {

constexpr std::size_t kRememberedAtMost = 10'000;

Error wrong_credentials() { return {Code::unauthenticated, "the user name, password or token is wrong"}; }

}  // namespace

Accounts::Accounts(model::PeopleRepository& people, model::CredentialRepository& credentials, model::EventLog& events,
                   const Clock& clock, Random& random, AccountsConfig config)
    : people_(people), credentials_(credentials), events_(events), clock_(clock), random_(random), config_(config) {
  if (sodium_init() < 0) std::abort();
  process_key_.resize(crypto_generichash_KEYBYTES);
  random_.fill(std::as_writable_bytes(std::span(process_key_)));
}

Result<model::Caller> Accounts::check_password(const std::string& id, const std::string& password) {
  ASSIGN_OR_RETURN(auto user, people_.find_user(id));
  bool usable = user && user->enabled && !user->password_hash.empty();
  auto key = usable ? memory_key(*user, password) : "";
  if (usable && remembers(key)) return people_.get_caller(id);
  RETURN_IF_ERROR(enter_check());
  bool right = false;
  {
    ScopeExit leave([&] { leave_check(); });
    if (usable && remembers(key)) return people_.get_caller(id);  // somebody else's waiting has answered it
    std::call_once(decoy_made_, [&] { decoy_hash_ = hash_password(random_hex(random_, 16)); });
    right = verify(usable ? user->password_hash : decoy_hash_, password) && usable;
  }
  if (!right) {
    auto noted = events_.append({0, clock_.now(), "SIGN_IN_FAILED", id.substr(0, 64), "", {}});
    if (!noted) log::error("{}", noted.error().message);
    return wrong_credentials();
  }
  remember(key);
  return people_.get_caller(id);
}

Result<model::Caller> Accounts::check_token(const std::string& secret) {
  return check_credential(secret, model::CredentialKind::token);
}
Result<model::Caller> Accounts::check_session(const std::string& secret) {
  return check_credential(secret, model::CredentialKind::session);
}

Result<model::Caller> Accounts::check_credential(const std::string& secret, model::CredentialKind kind) {
  ASSIGN_OR_RETURN(auto credential, credentials_.find(sha256_of(bytes_of(secret))));
  if (!credential || credential->kind != kind || (credential->expires && *credential->expires <= clock_.now()))
    return wrong_credentials();
  auto caller = people_.get_caller(credential->user);
  if (!caller && (caller.error().code == Code::denied || caller.error().code == Code::not_found))
    return wrong_credentials();
  return caller;
}

Result<NewSession> Accounts::open_session(const model::Caller& caller) {
  NewSession session;
  session.secret = random_base64url(random_, 32);
  session.csrf_token = csrf_token_of(session.secret);
  auto now = clock_.now();
  RETURN_IF_ERROR(credentials_.remove_expired(now));
  RETURN_IF_ERROR(credentials_.put({sha256_of(bytes_of(session.secret)), model::CredentialKind::session,
                                    random_hex(random_, 8), caller.user, "", now, now + config_.session_life}));
  return session;
}

void Accounts::close_session(const std::string& secret) {
  auto credential = credentials_.find(sha256_of(bytes_of(secret)));
  if (!credential || !*credential || (*credential)->kind != model::CredentialKind::session) return;
  if (auto removed = credentials_.remove((*credential)->id); !removed) log::warn("{}", removed.error().message);
}

std::string Accounts::csrf_token_of(const std::string& session_secret) {
  auto digest = sha256_of(bytes_of("csrf:" + session_secret));
  return format_base64url(digest.bytes);
}

Result<NewToken> Accounts::create_token(const std::string& user, const std::string& label,
                                        std::optional<std::chrono::seconds> life) {
  ASSIGN_OR_RETURN(auto known, people_.find_user(user));
  if (!known) return Error{Code::not_found, "there is no user " + user};
  NewToken token;
  token.secret = "dray_" + random_base64url(random_, 32);
  auto now = clock_.now();
  token.credential = {sha256_of(bytes_of(token.secret)),
                      model::CredentialKind::token,
                      random_hex(random_, 8),
                      user,
                      label,
                      now,
                      std::nullopt};
  if (life) token.credential.expires = now + *life;
  RETURN_IF_ERROR(credentials_.put(token.credential));
  RETURN_IF_ERROR(events_.append({0, now, "TOKEN_CREATED", user, "", {{"id", token.credential.id}, {"label", label}}}));
  return token;
}

Result<void> Accounts::set_password(const std::string& id, const std::string& password) {
  if (password.empty()) return Error{Code::invalid, "a password has at least one character"};
  if (password.size() > 1024) return Error{Code::invalid, "a password has at most 1024 bytes"};
  RETURN_IF_ERROR(model::check_principal(id));
  ASSIGN_OR_RETURN(auto user, people_.find_user(id));
  if (!user) user = model::User{id, id, "", "", true};
  user->password_hash = hash_password(password);
  RETURN_IF_ERROR(people_.put_user(*user));
  ASSIGN_OR_RETURN(auto sessions, credentials_.list(id, model::CredentialKind::session));
  for (const auto& session : sessions) {
    auto removed = credentials_.remove(session.id);
    if (!removed && removed.error().code != Code::not_found) return removed;  // else it has just ended
  }
  return ok();
}

Result<std::optional<std::string>> Accounts::create_first_administrator(const std::optional<std::string>& password) {
  ASSIGN_OR_RETURN(auto administrators, people_.list_members(model::kAdministrators));
  ASSIGN_OR_RETURN(auto admin, people_.find_user("admin"));
  if (!administrators.empty() || admin) return std::optional<std::string>();
  auto chosen = password ? *password : random_base64url(random_, 12);
  RETURN_IF_ERROR(set_password("admin", chosen));
  RETURN_IF_ERROR(people_.add_member(model::kAdministrators, "admin"));
  RETURN_IF_ERROR(people_.add_member(model::kDamUsers, "admin"));
  RETURN_IF_ERROR(events_.append({0, clock_.now(), "USER_CREATED", "admin", "", {{"reason", "first start"}}}));
  return password ? std::optional<std::string>() : chosen;
}

bool Accounts::verify(const std::string& hash, const std::string& password) { return matches_password(hash, password); }

Result<bool> Accounts::check_secret(const std::string& hash, const std::string& password) {
  RETURN_IF_ERROR(enter_check());
  ScopeExit leave([this] { leave_check(); });
  return verify(hash, password);
}

Result<void> Accounts::enter_check() {
  std::unique_lock lock(mutex_);
  if (checking_ >= config_.checks_at_once) {
    if (waiting_ >= config_.checks_waiting)
      return Error{Code::busy, "too many people are signing in: try again in a few seconds"};
    ++waiting_;
    check_done_.wait(lock, [&] { return checking_ < config_.checks_at_once; });
    --waiting_;
  }
  ++checking_;
  return ok();
}

void Accounts::leave_check() {
  std::lock_guard lock(mutex_);
  --checking_;
  check_done_.notify_one();
}

// Changes with the stored hash, so that a new password forgets the old one at once.
std::string Accounts::memory_key(const model::User& user, const std::string& password) const {
  std::string text = user.id + '\0' + user.password_hash + '\0' + password, key(32, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(key.data()), key.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     reinterpret_cast<const unsigned char*>(process_key_.data()), process_key_.size());
  return key;
}

bool Accounts::remembers(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto found = remembered_.find(key);
  return found != remembered_.end() && found->second > clock_.now();
}

void Accounts::remember(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto now = clock_.now();
  if (remembered_.size() >= kRememberedAtMost)
    std::erase_if(remembered_, [&](const auto& item) { return item.second <= now; });
  if (remembered_.size() < kRememberedAtMost) remembered_[key] = now + config_.password_memory;
}

}  // namespace dray::service

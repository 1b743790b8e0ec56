// Users and groups.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace dray::model {

inline constexpr const char* kAdministrators = "administrators";
inline constexpr const char* kDamUsers = "dam-users";
inline constexpr const char* kEveryone = "everyone";  // every signed-in user, member or not

struct User {
  std::string id;             // what they sign in with
  std::string name;           // shown
  std::string email;          // may be empty
  std::string password_hash;  // argon2id, libsodium's text form; empty: no password, tokens only
  bool enabled = true;

  bool operator==(const User&) const = default;
};

// What a user has chosen.
struct Preferences {
  std::optional<bool> mail_downloads;  // that large downloads are complete; else as the installation says
  std::string language;                // of mail, like "de" or "pt-br"; empty: English

  bool operator==(const Preferences&) const = default;
};

inline constexpr const char* kVisitorMark = "link:";

// Who a request comes from, once that has been established.
struct Caller {
  std::string user;
  std::set<std::string> groups;  // kEveryone included
  std::string visitor = {};      // "LINK/VISITOR": somebody who came through the user's shared link, with their rights

  bool is_administrator() const { return groups.contains(kAdministrators); }
  // Whose downloads are the caller's own: no user's name has a colon.
  std::string owner_id() const { return visitor.empty() ? user : kVisitorMark + visitor; }
  bool operator==(const Caller&) const = default;
};

// Whose turn it is and whose limits count, of an owner_id(): all who come through one shared link are one, since each
// of them can be many.
inline std::string crowd_of(const std::string& owner_id) { return owner_id.substr(0, owner_id.find('/')); }

// Whether an id may be used for a user or a group: 1 to 64 of letters, digits, '.', '_', '-', '@'.
Result<void> check_principal(const std::string& id);

// Safe for use from any thread. kAdministrators, kDamUsers and kEveryone always exist and cannot be removed.
class PeopleRepository {
 public:
  virtual ~PeopleRepository() = default;
  virtual Result<std::optional<User>> find_user(const std::string& id) = 0;
  virtual Result<void> put_user(const User& user) = 0;  // new or replaced
  // With everything that names them, so that whoever gets the id next inherits nothing: memberships, credentials,
  // rules, downloads. Code::not_found.
  virtual Result<void> remove_user(const std::string& id) = 0;
  virtual Result<std::vector<User>> list_users() = 0;               // by id
  virtual Result<void> add_group(const std::string& group) = 0;     // ok if it is there
  virtual Result<void> remove_group(const std::string& group) = 0;  // Code::not_found, Code::denied for the three
  virtual Result<std::vector<std::string>> list_groups() = 0;       // by name
  virtual Result<void> add_member(const std::string& group, const std::string& user) = 0;             // Code::not_found
  virtual Result<void> remove_member(const std::string& group, const std::string& user) = 0;          // Code::not_found
  virtual Result<std::vector<std::string>> list_members(const std::string& group) = 0;                // by user id
  virtual Result<Preferences> get_preferences(const std::string& user) = 0;                           // Code::not_found
  virtual Result<void> put_preferences(const std::string& user, const Preferences& preferences) = 0;  // likewise
  // The caller that this user is: their groups and kEveryone. Code::not_found; Code::denied when disabled.
  virtual Result<Caller> get_caller(const std::string& user) = 0;
};

}  // namespace dray::model

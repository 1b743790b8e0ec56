// Who may do what where: one list of rules and one decision.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/asset_path.h"
#include "model/people/people.h"

namespace dray::model {

enum class Privilege : std::uint8_t { read = 1, original = 2, rendition = 4, share = 8, write = 16, administer = 32 };
using PrivilegeSet = std::uint8_t;
inline constexpr PrivilegeSet kAllPrivileges = 63;
constexpr PrivilegeSet set_of(Privilege one) { return static_cast<PrivilegeSet>(one); }
constexpr PrivilegeSet operator|(Privilege a, Privilege b) { return static_cast<PrivilegeSet>(set_of(a) | set_of(b)); }
constexpr PrivilegeSet operator|(PrivilegeSet a, Privilege b) { return static_cast<PrivilegeSet>(a | set_of(b)); }

// "read,original" or "all"; Code::invalid names the word that is not a privilege.
Result<PrivilegeSet> parse_privileges(std::string_view text);
std::string format_privileges(PrivilegeSet privileges);

enum class Effect { allow, deny };

struct AccessRule {
  AssetPath path;         // and everything below it
  std::string principal;  // a user or a group
  PrivilegeSet privileges = 0;
  Effect effect = Effect::allow;

  bool operator==(const AccessRule&) const = default;
};

// Where, on the way down a tree, the answer changes.
struct RightsTurn {
  AssetPath path;
  bool allowed = false;  // from here on down

  bool operator==(const RightsTurn&) const = default;
};

// The decision. Administrators may do everything. Else the rules nearest above the path that speak of the privilege and
// of the caller decide: a rule for the user beats rules for groups, among groups a deny beats an allow, and a rule for
// another group beats one for kEveryone. Without any such rule the answer is no.
class AccessRules {
 public:
  AccessRules() = default;
  explicit AccessRules(std::vector<AccessRule> rules);

  bool may(const Caller& caller, Privilege privilege, const AssetPath& path) const;
  bool may_all(const Caller& caller, PrivilegeSet privileges, const AssetPath& path) const;
  // Whether some rule stands exactly at `path`; where none does, the decision is that of the parent.
  bool speaks_at(const AssetPath& path) const { return by_path_.contains(path.text()); }
  // The paths strictly below `root` where the answer to may_all() becomes another than that of the parent.
  std::vector<RightsTurn> turns_below(const Caller& caller, PrivilegeSet privileges, const AssetPath& root) const;

 private:
  std::map<std::string, std::vector<AccessRule>, std::less<>> by_path_;
};

// Reading here is the right to download at all (AEM's own path for it).
AssetPath download_right_path();
// What a new installation starts with: everyone may read and download below /content/dam; dam-users may share.
std::vector<AccessRule> default_rules();

// Safe for use from any thread.
class AccessRepository {
 public:
  virtual ~AccessRepository() = default;
  virtual Result<std::vector<AccessRule>> list_rules() = 0;  // by path, then principal
  // One rule per path, principal and effect: putting it again replaces its privileges.
  virtual Result<void> put_rule(const AccessRule& rule) = 0;
  virtual Result<void> remove_rule(const AssetPath& path, const std::string& principal,
                                   Effect effect) = 0;  // not_found
};

}  // namespace dray::model

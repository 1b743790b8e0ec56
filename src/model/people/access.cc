#include "model/people/access.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/text.h"

namespace dray::model {
namespace {

struct Named {
  std::string_view name;
  Privilege privilege;
};
constexpr std::array kPrivileges = {
    Named{"read", Privilege::read},           Named{"original", Privilege::original},
    Named{"rendition", Privilege::rendition}, Named{"share", Privilege::share},
    Named{"write", Privilege::write},         Named{"administer", Privilege::administer}};

// How strongly a rule speaks for this caller; 0: not at all.
int weight(const AccessRule& rule, const Caller& caller) {
  if (rule.principal == caller.user) return 3;
  if (rule.principal == kEveryone) return 1;
  return caller.groups.contains(rule.principal) ? 2 : 0;
}

std::optional<bool> decide(const std::vector<AccessRule>& rules, const Caller& caller, Privilege privilege) {
  int strongest = 0;
  bool allowed = false;
  for (const auto& rule : rules) {
    int strength = weight(rule, caller);
    if (strength == 0 || !(rule.privileges & set_of(privilege))) continue;
    bool allows = rule.effect == Effect::allow;
    if (strength > strongest)
      allowed = allows;
    else if (strength == strongest)
      allowed = allowed && allows;
    strongest = std::max(strongest, strength);
  }
  if (strongest == 0) return std::nullopt;
  return allowed;
}

}  // namespace

Result<PrivilegeSet> parse_privileges(std::string_view text) {
  if (text == "all") return kAllPrivileges;
  PrivilegeSet set = 0;
  for (auto word : split(text, ',')) {
    bool known = false;
    for (const auto& [name, privilege] : kPrivileges) {
      if (word == name) set = set | privilege, known = true;
    }
    if (!known) {
      return Error{Code::invalid,
                   fmt::format("\"{}\" is not a privilege; known are read, original, rendition, share, write, "
                               "administer and all",
                               word)};
    }
  }
  return set;
}

std::string format_privileges(PrivilegeSet privileges) {
  if (privileges == kAllPrivileges) return "all";
  std::string text;
  for (const auto& [name, privilege] : kPrivileges) {
    if (!(privileges & set_of(privilege))) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

AccessRules::AccessRules(std::vector<AccessRule> rules) {
  for (auto& rule : rules) {
    auto path = rule.path.text();
    by_path_[path].push_back(std::move(rule));
  }
}

bool AccessRules::may(const Caller& caller, Privilege privilege, const AssetPath& path) const {
  if (caller.is_administrator()) return true;
  std::string_view at = path.text();
  for (;;) {
    if (auto found = by_path_.find(at); found != by_path_.end()) {
      if (auto decision = decide(found->second, caller, privilege)) return *decision;
    }
    if (at == "/") return false;
    auto slash = at.rfind('/');
    at = slash == 0 ? std::string_view("/") : at.substr(0, slash);
  }
}

bool AccessRules::may_all(const Caller& caller, PrivilegeSet privileges, const AssetPath& path) const {
  for (const auto& [name, privilege] : kPrivileges) {
    if ((privileges & set_of(privilege)) && !may(caller, privilege, path)) return false;
  }
  return true;
}

std::vector<RightsTurn> AccessRules::turns_below(const Caller& caller, PrivilegeSet privileges,
                                                 const AssetPath& root) const {
  std::vector<RightsTurn> turns;
  auto prefix = root.is_root() ? "/" : root.text() + "/";
  for (auto rule = by_path_.lower_bound(prefix); rule != by_path_.end() && rule->first.starts_with(prefix); ++rule) {
    auto path = AssetPath::trusted(rule->first);
    bool allowed = may_all(caller, privileges, path);
    if (path != root && allowed != may_all(caller, privileges, path.parent())) turns.push_back({path, allowed});
  }
  return turns;
}

AssetPath download_right_path() { return AssetPath::trusted("/var/dam/jobs/download"); }

std::vector<AccessRule> default_rules() {
  auto dam = AssetPath::trusted("/content/dam");
  return {{dam, kDamUsers, set_of(Privilege::share), Effect::allow},
          {dam, kEveryone, Privilege::read | Privilege::original | Privilege::rendition, Effect::allow},
          {download_right_path(), kEveryone, set_of(Privilege::read), Effect::allow}};
}

}  // namespace dray::model

#include "model/people/memory_people.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

namespace dray::model {
namespace {

class People final : public PeopleRepository {
 public:
  Result<std::optional<User>> find_user(const std::string& id) override {
    std::lock_guard lock(mutex_);
    auto found = users_.find(id);
    return found == users_.end() ? std::optional<User>() : found->second;
  }
  Result<void> put_user(const User& user) override {
    std::lock_guard lock(mutex_);
    users_[user.id] = user;
    return ok();
  }
  Result<void> remove_user(const std::string& id) override {
    std::lock_guard lock(mutex_);
    if (!users_.erase(id)) return Error{Code::not_found, "there is no user " + id};
    preferences_.erase(id);
    for (auto& [group, members] : groups_) members.erase(id);
    return ok();
  }
  Result<std::vector<User>> list_users() override {
    std::lock_guard lock(mutex_);
    std::vector<User> users;
    for (const auto& [id, user] : users_) users.push_back(user);
    return users;
  }
  Result<void> add_group(const std::string& group) override {
    std::lock_guard lock(mutex_);
    groups_[group];
    return ok();
  }
  Result<void> remove_group(const std::string& group) override {
    std::lock_guard lock(mutex_);
    if (group == kAdministrators || group == kDamUsers || group == kEveryone) {
      return Error{Code::denied, "the group " + group + " is part of the system and stays"};
    }
    if (!groups_.erase(group)) return Error{Code::not_found, "there is no group " + group};
    return ok();
  }
  Result<std::vector<std::string>> list_groups() override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [group, members] : groups_) names.push_back(group);
    return names;
  }
  Result<void> add_member(const std::string& group, const std::string& user) override {
    std::lock_guard lock(mutex_);
    if (!users_.contains(user)) return Error{Code::not_found, "there is no user " + user};
    if (!groups_.contains(group)) return Error{Code::not_found, "there is no group " + group};
    groups_[group].insert(user);
    return ok();
  }
  Result<void> remove_member(const std::string& group, const std::string& user) override {
    std::lock_guard lock(mutex_);
    if (!groups_.contains(group)) return Error{Code::not_found, "there is no group " + group};
    if (!groups_[group].erase(user)) return Error{Code::not_found, user + " is not a member of " + group};
    return ok();
  }
  Result<std::vector<std::string>> list_members(const std::string& group) override {
    std::lock_guard lock(mutex_);
    if (!groups_.contains(group)) return Error{Code::not_found, "there is no group " + group};
    return std::vector<std::string>(groups_[group].begin(), groups_[group].end());
  }
  Result<Preferences> get_preferences(const std::string& user) override {
    std::lock_guard lock(mutex_);
    if (!users_.contains(user)) return Error{Code::not_found, "there is no user " + user};
    return preferences_[user];
  }
  Result<void> put_preferences(const std::string& user, const Preferences& preferences) override {
    std::lock_guard lock(mutex_);
    if (!users_.contains(user)) return Error{Code::not_found, "there is no user " + user};
    preferences_[user] = preferences;
    return ok();
  }
  Result<Caller> get_caller(const std::string& user) override {
    std::lock_guard lock(mutex_);
    auto found = users_.find(user);
    if (found == users_.end()) return Error{Code::not_found, "there is no user " + user};
    if (!found->second.enabled) return Error{Code::denied, "the user " + user + " is disabled"};
    Caller caller{user, {kEveryone}};
    for (const auto& [group, members] : groups_) {
      if (members.contains(user)) caller.groups.insert(group);
    }
    return caller;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, User> users_;
  std::map<std::string, Preferences> preferences_;
  std::map<std::string, std::set<std::string>> groups_ = {{kAdministrators, {}}, {kDamUsers, {}}, {kEveryone, {}}};
};

class Credentials final : public CredentialRepository {
 public:
  Result<void> put(const Credential& credential) override {
    std::lock_guard lock(mutex_);
    credentials_.push_back(credential);
    return ok();
  }
  Result<std::optional<Credential>> find(const Sha256& hash) override {
    std::lock_guard lock(mutex_);
    for (const auto& credential : credentials_) {
      if (credential.secret_hash == hash) return std::optional(credential);
    }
    return std::optional<Credential>();
  }
  Result<std::vector<Credential>> list(const std::string& user, CredentialKind kind) override {
    std::lock_guard lock(mutex_);
    std::vector<Credential> found;
    for (const auto& credential : credentials_) {
      if (credential.user == user && credential.kind == kind) found.push_back(credential);
    }
    return found;
  }
  Result<void> remove(const std::string& id) override {
    std::lock_guard lock(mutex_);
    if (!std::erase_if(credentials_, [&](const auto& credential) { return credential.id == id; })) {
      return Error{Code::not_found, "there is no token " + id};
    }
    return ok();
  }
  Result<void> remove_expired(Seconds now) override {
    std::lock_guard lock(mutex_);
    std::erase_if(credentials_,
                  [&](const auto& credential) { return credential.expires && *credential.expires <= now; });
    return ok();
  }

 private:
  std::mutex mutex_;
  std::vector<Credential> credentials_;
};

class Access final : public AccessRepository {
 public:
  Result<std::vector<AccessRule>> list_rules() override {
    std::lock_guard lock(mutex_);
    return rules_;
  }
  Result<void> put_rule(const AccessRule& rule) override {
    std::lock_guard lock(mutex_);
    std::erase_if(rules_, [&](const auto& other) { return key(other) == key(rule); });
    rules_.push_back(rule);
    std::sort(rules_.begin(), rules_.end(), [](const auto& a, const auto& b) { return key(a) < key(b); });
    return ok();
  }
  Result<void> remove_rule(const AssetPath& path, const std::string& principal, Effect effect) override {
    std::lock_guard lock(mutex_);
    if (!std::erase_if(rules_, [&](const auto& r) { return key(r) == std::tuple(path.text(), principal, effect); })) {
      return Error{Code::not_found, "there is no such rule for " + principal + " at " + path.text()};
    }
    return ok();
  }

 private:
  static std::tuple<std::string, std::string, Effect> key(const AccessRule& rule) {
    return {rule.path.text(), rule.principal, rule.effect};
  }
  std::mutex mutex_;
  std::vector<AccessRule> rules_ = default_rules();
};

}  // namespace

std::unique_ptr<PeopleRepository> make_memory_people() { return std::make_unique<People>(); }
std::unique_ptr<CredentialRepository> make_memory_credentials() { return std::make_unique<Credentials>(); }
std::unique_ptr<AccessRepository> make_memory_access() { return std::make_unique<Access>(); }

}  // namespace dray::model

// What every adapter of the people ports must do.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "model/people/access.h"
#include "model/people/credentials.h"
#include "model/people/people.h"

namespace dray::model {

struct FreshPeople {
  std::shared_ptr<void> surroundings;
  std::unique_ptr<PeopleRepository> people;
  std::unique_ptr<CredentialRepository> credentials;
  std::unique_ptr<AccessRepository> access;
};
using PeopleMaker = std::function<FreshPeople()>;

class PeopleConformance : public testing::TestWithParam<PeopleMaker> {
 protected:
  FreshPeople fresh_ = GetParam()();
  PeopleRepository& people_ = *fresh_.people;
  CredentialRepository& credentials_ = *fresh_.credentials;
  AccessRepository& access_ = *fresh_.access;

  static Seconds at(int seconds) { return Seconds(std::chrono::seconds(seconds)); }
};

TEST_P(PeopleConformance, KeepsPreferencesAsLongAsTheUser) {
  EXPECT_EQ(people_.get_preferences("ann").error().code, Code::not_found);
  EXPECT_EQ(people_.put_preferences("ann", {}).error().code, Code::not_found);
  ASSERT_TRUE(people_.put_user({"ann", "", "", "", true}));
  EXPECT_EQ(*people_.get_preferences("ann"), Preferences());
  ASSERT_TRUE(people_.put_preferences("ann", {true, "de"}));
  ASSERT_TRUE(people_.put_preferences("ann", {false, "pt-br"}));
  EXPECT_EQ(*people_.get_preferences("ann"), (Preferences{false, "pt-br"}));
  ASSERT_TRUE(people_.put_user({"ann", "Ann", "", "", true}));
  EXPECT_EQ(people_.get_preferences("ann")->language, "pt-br") << "a changed user keeps them";
  ASSERT_TRUE(people_.remove_user("ann"));
  ASSERT_TRUE(people_.put_user({"ann", "", "", "", true}));
  EXPECT_EQ(*people_.get_preferences("ann"), Preferences());
}

TEST_P(PeopleConformance, KeepsUsersAndTheirGroups) {
  User ann{"ann", "Ann", "ann@example.com", "hash", true};
  ASSERT_TRUE(people_.put_user(ann));
  EXPECT_EQ(**people_.find_user("ann"), ann);
  ASSERT_TRUE(people_.add_group("agency"));
  ASSERT_TRUE(people_.add_group("agency"));
  ASSERT_TRUE(people_.add_member("agency", "ann"));
  ASSERT_TRUE(people_.add_member(kDamUsers, "ann"));
  EXPECT_EQ(people_.get_caller("ann")->groups, (std::set<std::string>{"agency", "dam-users", "everyone"}));
  EXPECT_EQ(*people_.list_members("agency"), std::vector<std::string>{"ann"});
  ASSERT_TRUE(people_.remove_member("agency", "ann"));
  EXPECT_EQ(people_.remove_member("agency", "ann").error().code, Code::not_found);
  ASSERT_TRUE(people_.remove_user("ann"));
  EXPECT_FALSE(*people_.find_user("ann"));
  EXPECT_TRUE(people_.list_members(kDamUsers)->empty());
}

TEST_P(PeopleConformance, KeepsTheThreeGroups) {
  EXPECT_EQ(*people_.list_groups(), (std::vector<std::string>{"administrators", "dam-users", "everyone"}));
  EXPECT_EQ(people_.remove_group(kAdministrators).error().code, Code::denied);
  EXPECT_EQ(people_.remove_group("nobody").error().code, Code::not_found);
  EXPECT_EQ(people_.add_member(kDamUsers, "nobody").error().code, Code::not_found);
}

TEST_P(PeopleConformance, TurnsADisabledUserAway) {
  ASSERT_TRUE(people_.put_user({"bob", "Bob", "", "", false}));
  EXPECT_EQ(people_.get_caller("bob").error().code, Code::denied);
  EXPECT_EQ(people_.get_caller("nobody").error().code, Code::not_found);
}

TEST_P(PeopleConformance, KeepsCredentialsUntilRemovedOrExpired) {
  ASSERT_TRUE(people_.put_user({"ann", "", "", "", true}));
  Credential token{sha256_of(bytes_of("secret")), CredentialKind::token, "1", "ann", "laptop", at(100), std::nullopt};
  Credential session{sha256_of(bytes_of("other")), CredentialKind::session, "2", "ann", "", at(100), at(200)};
  ASSERT_TRUE(credentials_.put(token));
  ASSERT_TRUE(credentials_.put(session));
  EXPECT_EQ(**credentials_.find(token.secret_hash), token);
  EXPECT_EQ(*credentials_.list("ann", CredentialKind::token), std::vector<Credential>{token});
  ASSERT_TRUE(credentials_.remove_expired(at(200)));
  EXPECT_FALSE(*credentials_.find(session.secret_hash));
  ASSERT_TRUE(credentials_.remove("1"));
  EXPECT_FALSE(*credentials_.find(token.secret_hash));
  EXPECT_EQ(credentials_.remove("1").error().code, Code::not_found);
}

TEST_P(PeopleConformance, KeepsRules) {
  AccessRule rule{AssetPath::trusted("/content/dam/x"), "ann", 1, Effect::deny};
  ASSERT_TRUE(access_.put_rule(rule));
  rule.privileges = 3;
  ASSERT_TRUE(access_.put_rule(rule));
  auto rules = *access_.list_rules();
  EXPECT_EQ(std::count(rules.begin(), rules.end(), rule), 1);
  EXPECT_EQ(rules.size(), default_rules().size() + 1);
  ASSERT_TRUE(access_.remove_rule(rule.path, "ann", Effect::deny));
  EXPECT_EQ(access_.remove_rule(rule.path, "ann", Effect::deny).error().code, Code::not_found);
  EXPECT_EQ(*access_.list_rules(), default_rules());
}

}  // namespace dray::model

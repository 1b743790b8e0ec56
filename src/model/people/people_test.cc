#include "model/people/access.h"

#include "model/people/memory_people.h"
#include "model/people/testing/conformance.h"

namespace dray::model {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Memory, PeopleConformance, testing::Values(PeopleMaker{[] {
      return FreshPeople{nullptr, make_memory_people(), make_memory_credentials(), make_memory_access()};
    }}));

AssetPath path(const char* text) { return AssetPath::trusted(text); }
constexpr auto kRead = set_of(Privilege::read);
const Caller kAnn{"ann", {"agency", "everyone"}};

TEST(AccessRules, DefaultsLetEveryoneReadAssetsOnly) {
  AccessRules rules(default_rules());
  EXPECT_TRUE(rules.may(kAnn, Privilege::read, path("/content/dam/x/a.jpg")));
  EXPECT_TRUE(rules.may(kAnn, Privilege::original, path("/content/dam/x/a.jpg")));
  EXPECT_FALSE(rules.may(kAnn, Privilege::write, path("/content/dam/x/a.jpg")));
  EXPECT_FALSE(rules.may(kAnn, Privilege::read, path("/etc")));
  EXPECT_TRUE(rules.may({"root", {"administrators"}}, Privilege::write, path("/etc")));
}

TEST(AccessRules, NearestRuleDecides) {
  AccessRules rules({{path("/a"), "everyone", kRead, Effect::allow},
                     {path("/a/secret"), "everyone", kRead, Effect::deny},
                     {path("/a/secret/open"), "ann", kRead, Effect::allow}});
  EXPECT_TRUE(rules.may(kAnn, Privilege::read, path("/a/b")));
  EXPECT_FALSE(rules.may(kAnn, Privilege::read, path("/a/secret/x")));
  EXPECT_TRUE(rules.may(kAnn, Privilege::read, path("/a/secret/open/x")));
  EXPECT_EQ(rules.turns_below(kAnn, kRead, path("/a")),
            (std::vector<RightsTurn>{{path("/a/secret"), false}, {path("/a/secret/open"), true}}));
}

TEST(AccessRules, UserBeatsGroupAndDenyBeatsAllowAmongGroups) {
  AccessRules user({{path("/a"), "agency", kRead, Effect::deny}, {path("/a"), "ann", kRead, Effect::allow}});
  EXPECT_TRUE(user.may(kAnn, Privilege::read, path("/a")));
  AccessRules groups({{path("/a"), "agency", kRead, Effect::allow}, {path("/a"), "everyone", kRead, Effect::deny}});
  EXPECT_TRUE(groups.may(kAnn, Privilege::read, path("/a")));
  AccessRules both({{path("/a"), "agency", kRead, Effect::allow}, {path("/a"), "agency", kRead, Effect::deny}});
  EXPECT_FALSE(both.may(kAnn, Privilege::read, path("/a")));
}

TEST(AccessRules, ReadsAndWritesPrivileges) {
  EXPECT_EQ(*parse_privileges("read,original"), Privilege::read | Privilege::original);
  EXPECT_EQ(format_privileges(kAllPrivileges), "all");
  EXPECT_EQ(format_privileges(*parse_privileges("share,read")), "read,share");
  EXPECT_FALSE(parse_privileges("read,fly"));
}

}  // namespace
}  // namespace dray::model

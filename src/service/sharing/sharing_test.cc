#include "service/sharing/sharing.h"

#include <gtest/gtest.h>

#include "model/assets/memory_assets.h"
#include "model/events/memory_events.h"
#include "model/people/memory_people.h"
#include "model/shares/memory_shares.h"

namespace dray::service {
namespace {

using namespace std::chrono_literals;

AssetPath path(const std::string& text) { return AssetPath::trusted(text); }

class SharingTest : public testing::Test {
 protected:
  SharingTest() {
    for (auto at : {"/content/dam/x", "/content/dam/y"}) EXPECT_TRUE(assets_->make_folder(path(at)));
    for (auto user : {"ann", "bob"}) EXPECT_TRUE(people_->put_user({user, "", "", "", true}));
    EXPECT_TRUE(people_->add_member(model::kDamUsers, "ann"));
  }
  model::Caller caller(const std::string& user) { return *people_->get_caller(user); }
  ShareDraft draft(const std::string& at = "/content/dam/x") {
    ShareDraft draft;
    draft.paths = {path(at)};
    return draft;
  }

  std::unique_ptr<model::AssetRepository> assets_ = model::make_memory_assets();
  std::unique_ptr<model::AccessRepository> access_ = model::make_memory_access();
  std::unique_ptr<model::PeopleRepository> people_ = model::make_memory_people();
  std::unique_ptr<model::ShareRepository> shares_ = model::make_memory_shares();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  ManualClock clock_{Seconds(1'700'000'000s)};
  SystemRandom random_;
  Sharing sharing_{{*shares_, *assets_, *access_, *people_, *events_, clock_, random_}, {}};
};

TEST_F(SharingTest, OpensForWhoeverHasTheToken) {
  auto made = *sharing_.create(draft(), caller("ann"));
  EXPECT_EQ(made.token.size(), 36u + 1 + 43);
  EXPECT_EQ(made.share.title, "x");
  EXPECT_EQ(made.share.expires, clock_.now() + std::chrono::days(7));
  auto open = sharing_.open(made.token, "v1");
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(open->caller.user, "ann");
  EXPECT_EQ(open->caller.owner_id(), "link:" + made.share.id + "/v1");
  ASSERT_EQ(open->items.size(), 1u);
  EXPECT_EQ(sharing_.caller_of(open->caller.owner_id())->visitor, made.share.id + "/v1");
  EXPECT_EQ(sharing_.caller_of("ann")->owner_id(), "ann");
  auto wrong = made.token;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  for (auto token : {wrong, std::string("x"), std::string(), made.share.id, made.token + "A"})
    EXPECT_EQ(sharing_.open(token, "v").error().code, Code::not_found) << token;
}

TEST_F(SharingTest, EndsWithItsTimeItsOwnerAndItsRights) {
  auto made = *sharing_.create(draft(), caller("ann"));
  auto code = [&] {
    auto open = sharing_.open(made.token, "v");
    return open ? std::optional<Code>() : std::optional(open.error().code);
  };
  clock_.advance(std::chrono::days(7) - 1s);
  EXPECT_EQ(code(), std::nullopt);
  clock_.advance(1s);
  EXPECT_EQ(code(), Code::gone);
  ASSERT_TRUE(sharing_.set_expiry(made.share.id, clock_.now() + 1h, caller("ann")));
  EXPECT_EQ(code(), std::nullopt);
  ASSERT_TRUE(
      access_->put_rule({path("/content/dam/x"), "ann", model::set_of(model::Privilege::read), model::Effect::deny}));
  auto open = *sharing_.open(made.token, "v");
  EXPECT_TRUE(open.items.empty()) << "not more than its owner may read now";
  EXPECT_EQ(open.gone, 1u);
  ASSERT_TRUE(people_->put_user({"ann", "", "", "", false}));
  EXPECT_EQ(code(), Code::gone);
  ASSERT_TRUE(people_->put_user({"ann", "", "", "", true}));
  ASSERT_TRUE(sharing_.revoke(made.share.id, caller("ann")));
  EXPECT_EQ(code(), Code::gone);
  EXPECT_EQ(sharing_.caller_of("link:" + made.share.id + "/v").error().code, Code::gone);
  EXPECT_EQ(sharing_.set_expiry(made.share.id, clock_.now() + 1h, caller("ann")).error().code, Code::conflict);
}

TEST_F(SharingTest, IsBoundToTheThingAndNotToItsName) {
  auto made = *sharing_.create(draft(), caller("ann"));
  ASSERT_TRUE(assets_->remove(path("/content/dam/x")));
  ASSERT_TRUE(assets_->make_folder(path("/content/dam/x")));
  EXPECT_TRUE(sharing_.open(made.token, "v")->items.empty());
}

TEST_F(SharingTest, RefusesWhatMayNotBe) {
  auto code = [&](const ShareDraft& draft, const std::string& user = "ann") {
    auto made = sharing_.create(draft, caller(user));
    return made ? std::optional<Code>() : std::optional(made.error().code);
  };
  EXPECT_EQ(code(draft(), "bob"), Code::denied) << "no member of dam-users";
  EXPECT_EQ(code(draft("/content/dam/none")), Code::not_found);
  EXPECT_EQ(code(ShareDraft{}), Code::invalid);
  auto bad = draft();
  bad.expires = clock_.now();
  EXPECT_EQ(code(bad), Code::invalid);
  bad.expires = clock_.now() + std::chrono::days(366);
  EXPECT_EQ(code(bad), Code::invalid);
  bad = draft();
  bad.renditions = false;
  EXPECT_EQ(code(bad), Code::invalid) << "nothing to be had";
  bad.originals = true;
  EXPECT_EQ(code(bad), std::nullopt);
}

TEST_F(SharingTest, IsSeenByItsOwnerAndAdministrators) {
  auto made = *sharing_.create(draft(), caller("ann"));
  ASSERT_TRUE(people_->put_user({"root", "", "", "", true}));
  ASSERT_TRUE(people_->add_member(model::kAdministrators, "root"));
  EXPECT_EQ(sharing_.list(caller("ann"), false, "", 9)->size(), 1u);
  EXPECT_EQ(sharing_.list(caller("bob"), false, "", 9)->size(), 0u);
  EXPECT_EQ(sharing_.list(caller("bob"), true, "", 9).error().code, Code::denied);
  EXPECT_EQ(sharing_.list(caller("root"), true, "", 9)->size(), 1u);
  EXPECT_EQ(sharing_.revoke(made.share.id, caller("bob")).error().code, Code::not_found);
  EXPECT_TRUE(sharing_.revoke(made.share.id, caller("root")));
}

}  // namespace
}  // namespace dray::service

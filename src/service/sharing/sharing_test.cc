#include "service/sharing/sharing.h"

#include <gtest/gtest.h>

#include "model/assets/memory_assets.h"
#include "model/events/memory_events.h"
#include "model/people/memory_people.h"
#include "model/shares/memory_shares.h"
#include "service/jobs/mail_job.h"
#include "service/sharing/link_mail.h"

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
  std::unique_ptr<model::JobQueue> jobs_ = model::make_memory_jobs();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  std::unique_ptr<model::ShareRepository> shares_ = model::make_memory_shares(*jobs_, *events_);
  ManualClock clock_{Seconds(1'700'000'000s)};
  SystemRandom random_;
  Seal seal_{std::string(Seal::kKeySize, 'k')};
  Sharing sharing_{{*shares_, *assets_, *access_, *people_, *events_, clock_, random_, seal_}, {true}};
};

TEST_F(SharingTest, OpensForWhoeverHasTheToken) {
  auto made = *sharing_.create(draft(), caller("ann"));
  EXPECT_EQ(made.token.size(), 36u + 1 + 43);
  EXPECT_EQ(made.share.title, "x");
  EXPECT_EQ(made.share.expires, clock_.now() + std::chrono::days(7));
  auto open = sharing_.open(made.token, "v1", "1.2.3.4");
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(open->caller.user, "ann");
  EXPECT_EQ(open->caller.owner_id(), "link:" + made.share.id + "/v1");
  ASSERT_EQ(open->items.size(), 1u);
  EXPECT_EQ(sharing_.caller_of(open->caller.owner_id())->visitor, made.share.id + "/v1");
  EXPECT_EQ(sharing_.caller_of("ann")->owner_id(), "ann");
  auto wrong = made.token;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  for (auto token : {wrong, std::string("x"), std::string(), made.share.id, made.token + "A"})
    EXPECT_EQ(sharing_.open(token, "v", "1.2.3.4").error().code, Code::not_found) << token;
}

TEST_F(SharingTest, EndsWithItsTimeItsOwnerAndItsRights) {
  auto made = *sharing_.create(draft(), caller("ann"));
  auto code = [&] {
    auto open = sharing_.open(made.token, "v", "1.2.3.4");
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
  auto open = *sharing_.open(made.token, "v", "1.2.3.4");
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
  EXPECT_TRUE(sharing_.open(made.token, "v", "1.2.3.4")->items.empty());
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

TEST_F(SharingTest, WritesToEachRecipientOnceWithASealedToken) {
  auto mailed = draft();
  mailed.recipients = {"joe@press.example", "JOE@press.example", "mia@press.example"};
  mailed.subject = "Pictures";
  auto made = *sharing_.create(mailed, caller("ann"));
  EXPECT_EQ(made.share.recipients, (std::vector<std::string>{"joe@press.example", "mia@press.example"}));
  auto job = *jobs_->take(kMailJob, clock_.now(), 9s);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->subject, "link:" + made.share.id + "/joe@press.example");
  EXPECT_EQ(json::serialize(job->details).find(made.token), std::string::npos);
  EXPECT_EQ(*link_mail_of(*job, seal_), (LinkMail{made.share.id, "joe@press.example", made.token, "Pictures", ""}));
  EXPECT_EQ(link_mail_of(*job, Seal(std::string(Seal::kKeySize, 'x'))).error().code, Code::corrupt);
  EXPECT_EQ(jobs_->count(kMailJob)->waiting, 1u);
}

TEST_F(SharingTest, RefusesMailsThatCannotBe) {
  auto code = [&](std::vector<std::string> recipients, Sharing& sharing) {
    auto mailed = draft();
    mailed.recipients = std::move(recipients);
    auto made = sharing.create(mailed, caller("ann"));
    return made ? std::optional<Code>() : std::optional(made.error().code);
  };
  EXPECT_EQ(code({"nobody"}, sharing_), Code::invalid);
  EXPECT_EQ(code({"a@b.example\r\nBcc: c@d.example"}, sharing_), Code::invalid);
  EXPECT_EQ(code(std::vector<std::string>(101, "a@b.example"), sharing_), Code::invalid);
  Sharing mute({*shares_, *assets_, *access_, *people_, *events_, clock_, random_, seal_}, {false});
  EXPECT_EQ(code({"a@b.example"}, mute), Code::invalid);
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("p" + std::to_string(i) + "@b.example");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code(many, sharing_), std::nullopt);
  EXPECT_EQ(code({"a@b.example"}, sharing_), Code::busy) << "500 at once, and then one every three minutes";
  EXPECT_EQ(code({}, sharing_), std::nullopt) << "a link without mails is none of it";
  clock_.advance(3min);
  EXPECT_EQ(code({"a@b.example"}, sharing_), std::nullopt);
}

TEST_F(SharingTest, ObeysTheAdministrator) {
  ASSERT_TRUE(people_->put_user({"root", "", "", "", true}));
  ASSERT_TRUE(people_->add_member(model::kAdministrators, "root"));
  model::LinkSettings settings;
  settings.originals = {true, model::Behaviour::hidden};
  settings.validity = std::chrono::days(2);
  settings.longest = std::chrono::days(3);
  settings.sharers = model::Sharers::except;
  settings.groups = {"interns"};
  EXPECT_EQ(sharing_.put_settings(settings, caller("ann")).error().code, Code::denied);
  ASSERT_TRUE(sharing_.put_settings(settings, caller("root")));
  auto made = *sharing_.create(draft(), caller("ann"));
  EXPECT_TRUE(made.share.originals);
  EXPECT_EQ(made.share.expires, clock_.now() + std::chrono::days(2));
  auto other = draft();
  other.originals = false;
  EXPECT_EQ(sharing_.create(other, caller("ann")).error().code, Code::invalid) << "it is the administrator's";
  EXPECT_EQ(sharing_.set_expiry(made.share.id, clock_.now() + std::chrono::days(4), caller("ann")).error().code,
            Code::invalid);
  ASSERT_TRUE(people_->add_group("interns"));
  ASSERT_TRUE(people_->add_member("interns", "ann"));
  EXPECT_EQ(sharing_.create(draft(), caller("ann")).error().code, Code::denied);
  settings.sharers = model::Sharers::only;
  ASSERT_TRUE(sharing_.put_settings(settings, caller("root")));
  EXPECT_TRUE(sharing_.create(draft(), caller("ann")));
}

TEST_F(SharingTest, LosesPatienceWithThoseWhoGuess) {
  auto made = *sharing_.create(draft(), caller("ann"));
  auto wrong = made.token;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  for (int i = 0; i < 30; ++i) EXPECT_EQ(sharing_.open(wrong, "v", "6.6.6.6").error().code, Code::not_found);
  EXPECT_EQ(sharing_.open(wrong, "v", "6.6.6.6").error().code, Code::busy);
  EXPECT_EQ(sharing_.open(wrong, "v", "1.2.3.4").error().code, Code::not_found);
  EXPECT_TRUE(sharing_.open(made.token, "v", "6.6.6.6")) << "who has a link is not held up by a neighbour";
  clock_.advance(2s);
  EXPECT_EQ(sharing_.open(wrong, "v", "6.6.6.6").error().code, Code::not_found);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(sharing_.check_patience(made.share, "6.6.6.6"));
    sharing_.note_wrong_password(made.share, "6.6.6.6");
  }
  EXPECT_EQ(sharing_.check_patience(made.share, "6.6.6.6").error().code, Code::busy);
  EXPECT_TRUE(sharing_.check_patience(made.share, "1.2.3.4"));
  for (int i = 0; i < 90; ++i) sharing_.note_wrong_password(made.share, "7.7.7." + std::to_string(i));
  EXPECT_EQ(sharing_.check_patience(made.share, "1.2.3.4").error().code, Code::busy) << "from many addresses";
}

}  // namespace
}  // namespace dray::service

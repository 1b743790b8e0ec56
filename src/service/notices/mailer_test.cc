#include "service/notices/mailer.h"

#include <gtest/gtest.h>

#include "model/downloads/memory_downloads.h"
#include "model/events/memory_events.h"
#include "model/messages/memory_transport.h"
#include "model/people/memory_people.h"
#include "model/shares/memory_shares.h"
#include "service/sharing/link_mail.h"

namespace dray::service {
namespace {

using namespace std::chrono_literals;

class MailerTest : public testing::Test {
 protected:
  MailerTest() {
    for (auto id : {"ann", "bob"}) {
      std::string user(id);
      EXPECT_TRUE(people_->put_user({user, user == "ann" ? "Ann Müller" : "", user + "@test.example", "", true}));
    }
    EXPECT_TRUE(people_->put_preferences("ann", {true, ""}));
  }

  static MailerConfig config() {
    MailerConfig config;
    config.from = {"Dray", "dray@test.example"};
    config.host_prefix = "https://dam.example";
    config.crew.threads = 0;  // the test does it by hand
    return config;
  }

  void complete(model::Download download) {
    download.id = "d1";
    download.owner = "ann";
    download.name = "shoot";
    download.status = model::DownloadStatus::processing;
    ASSERT_TRUE(downloads_->put(download));
    download.status = model::DownloadStatus::partially_successful;
    download.finished = clock_.now();
    download.expires = clock_.now() + 24h;
    download.artifacts = {{"a b.zip", model::ArtifactKind::archive, "application/zip", 1500, 1, {}, 0, {}}};
    download.skipped = {{"/content/dam/x", "denied", "may not be read"}};
    ASSERT_TRUE(*downloads_->complete(download, {{{"announcements", "d1", {}, "ann"}}, {}}));
  }
  int work() {
    int count = 0;
    while (*mailer_.announce_one()) ++count;
    while (*mailer_.send_one()) ++count;
    return count;
  }

  ManualClock clock_{Seconds(1'700'000'000s)};
  std::unique_ptr<model::JobQueue> jobs_ = model::make_memory_jobs();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  std::unique_ptr<model::DownloadRepository> downloads_ = model::make_memory_downloads(*jobs_, *events_);
  std::unique_ptr<model::PeopleRepository> people_ = model::make_memory_people();
  model::MemoryTransport transport_;
  Templates templates_{{[](const std::string&) { return std::nullopt; }, {}}};
  Bell completed_;
  std::unique_ptr<model::ShareRepository> shares_ = model::make_memory_shares(*jobs_, *events_);
  SystemRandom random_;
  Seal seal_{std::string(Seal::kKeySize, 'k')};
  Mailer mailer_{{*downloads_, *shares_, *people_, *jobs_, clock_, templates_, seal_, &transport_, completed_},
                 config()};
};

TEST_F(MailerTest, TellsTheOwnerOfALargeDownloadWhoWantsIt) {
  model::Download download;
  download.in_background = true;
  complete(download);
  EXPECT_EQ(work(), 2);
  ASSERT_EQ(transport_.sent().size(), 1u);
  auto mail = transport_.sent()[0];
  EXPECT_EQ(mail.to, (model::MailAddress{"Ann Müller", "ann@test.example"}));
  EXPECT_NE(mail.subject.find("shoot"), std::string::npos);
  EXPECT_NE(mail.text.find("https://dam.example/api/v1/downloads/d1/artifacts/a%20b.zip"), std::string::npos)
      << mail.text;
  EXPECT_NE(mail.text.find("/content/dam/x: may not be read"), std::string::npos);
  EXPECT_NE(mail.html.find("<a href=\"https://dam.example/api/v1/downloads/d1/artifacts/a%20b.zip\">"),
            std::string::npos);
  EXPECT_EQ(work(), 0) << "once";
}

TEST_F(MailerTest, TellsNobodyWhoDoesNotWantIt) {
  complete({});
  EXPECT_EQ(work(), 1) << "it was waited for";
  ASSERT_TRUE(people_->put_preferences("ann", {false, ""}));
  model::Download download;
  download.in_background = true;
  complete(download);
  EXPECT_EQ(work(), 1);
  EXPECT_TRUE(transport_.sent().empty());
}

TEST_F(MailerTest, TellsOthersWhateverTheirPreferences) {
  model::Download download;
  download.request = {{"email", json::array{"bob"}}, {"message", "As <promised>\r\nBcc: eve@test.example"}};
  complete(download);
  work();
  ASSERT_EQ(transport_.sent().size(), 1u);
  auto mail = transport_.sent()[0];
  EXPECT_EQ(mail.to.address, "bob@test.example");
  EXPECT_NE(mail.text.find("As <promised>\nBcc:"), std::string::npos) << "in the body it is text";
  EXPECT_NE(mail.html.find("As &lt;promised&gt;"), std::string::npos);
  EXPECT_EQ(mail.subject.find('\n'), std::string::npos);
}

TEST_F(MailerTest, TriesAgainLaterAndLaterAndGivesUpAfterDays) {
  transport_.fail("ann@test.example", {Code::busy, "451 not now"});
  model::Download download;
  download.in_background = true;
  complete(download);
  work();
  clock_.advance(59s);
  EXPECT_EQ(work(), 0);
  clock_.advance(1s);
  EXPECT_EQ(work(), 1);
  clock_.advance(60s);
  EXPECT_EQ(work(), 0) << "twice as long";
  clock_.advance(60s);
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(jobs_->list(kMailJob, 9)->at(0).failure, "451 not now");
  int attempts = 3;
  for (; jobs_->count(kMailJob)->failed == 0 && attempts < 1000; ++attempts) {
    clock_.advance(1h);
    EXPECT_EQ(work(), 1);
  }
  EXPECT_NEAR(attempts, 77, 5) << "three days";
  EXPECT_TRUE(transport_.sent().empty());
}

TEST_F(MailerTest, SendsTheSameMailAfterAFailureAndStopsAtARefusal) {
  transport_.fail("ann@test.example", {Code::unavailable, "no route"});
  model::Download download;
  download.in_background = true;
  download.request = {{"email", json::array{"bob"}}};
  transport_.fail("bob@test.example", {Code::denied, "550 no such user"});
  complete(download);
  work();
  EXPECT_EQ(jobs_->list(kMailJob, 9)->at(0).failure, "550 no such user");
  transport_.heal("ann@test.example");
  clock_.advance(1h);
  work();
  ASSERT_EQ(transport_.sent().size(), 1u);
  EXPECT_EQ(jobs_->count(kMailJob)->failed, 1u) << "it shows";
}

TEST_F(MailerTest, TakesTheRecipientsLanguageAndTheNearestTemplate) {
  std::map<std::string, std::string> files = {
      {"/apps/settings/dam/workflow/notification/email/downloadasset/en.txt", "subject=apps\nmessage=m"},
      {"/conf/global/settings/dam/workflow/notification/email/downloadasset/en.txt", "subject=global\nmessage=m"},
      {"/conf/t/settings/dam/workflow/notification/email/downloadasset/en.txt", "subject=tenant\nmessage=m"},
      {"/conf/bad/settings/dam/workflow/notification/email/downloadasset/en.txt", "no subject"},
      {"/apps/settings/dam/workflow/notification/email/downloadasset/pt.txt", "subject=apps pt\nmessage=m"},
      {"/etc/dam/workflow/notification/email/downloadasset/en.txt", "subject=etc\nmessage=m"}};
  Templates templates{
      {[&](const std::string& path) {
         auto found = files.find(path);
         return found == files.end() ? std::nullopt : std::optional(found->second);
       },
       {{AssetPath::trusted("/content/dam/t"), "/conf/t"}, {AssetPath::trusted("/content/dam/b"), "/conf/bad"}}}};
  auto subject = [&](const std::string& language, const std::string& path) {
    return *templates.find(MailKind::to_others, language, AssetPath::trusted(path)).subject;
  };
  EXPECT_EQ(subject("", "/content/dam/t/x.jpg"), "tenant");
  EXPECT_EQ(subject("", "/content/dam/other"), "global");
  EXPECT_EQ(subject("", "/content/dam/b/x.jpg"), "global") << "a malformed one is passed over";
  EXPECT_EQ(subject("pt-BR", "/content/dam/t"), "apps pt") << "the language wins over the layer";
  EXPECT_EQ(subject("xx", "/content/dam/t"), "tenant");
  EXPECT_NE(subject("de", "/content/dam/t").find("Download"), std::string::npos) << "shipped";
  files.erase("/apps/settings/dam/workflow/notification/email/downloadasset/en.txt");
  files.erase("/conf/global/settings/dam/workflow/notification/email/downloadasset/en.txt");
  EXPECT_EQ(templates.misplaced().size(), 1u);
}

TEST_F(MailerTest, TakesALinkToSomebodyUnlessItHasEnded) {
  model::Share share;
  share.id = "s1";
  share.owner = "ann";
  share.expires = clock_.now() + 24h;
  share.items = {{AssetPath::trusted("/content/dam/x"), 1}};
  LinkMail mail{"s1", "joe@press.example", "TOKEN", "Two\r\nBcc: eve@test.example", "For <you>"};
  ASSERT_TRUE(shares_->put(share, {{job_of(mail, "ann", seal_, random_)}, {}}));
  EXPECT_EQ(work(), 1);
  ASSERT_EQ(transport_.sent().size(), 1u);
  auto sent = transport_.sent()[0];
  EXPECT_EQ(sent.to, (model::MailAddress{"", "joe@press.example"}));
  EXPECT_EQ(sent.reply_to, (model::MailAddress{"Ann Müller", "ann@test.example"}));
  EXPECT_EQ(sent.subject.find_first_of("\r\n"), std::string::npos);
  EXPECT_NE(sent.html.find("https://dam.example/linkshare.html?sh=TOKEN"), std::string::npos) << sent.html;
  EXPECT_NE(sent.html.find("For &lt;you&gt;"), std::string::npos);
  mail.address = "mia@press.example";
  share.revoked = clock_.now();
  ASSERT_TRUE(shares_->put(share, {{job_of(mail, "ann", seal_, random_)}, {}}));
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(transport_.sent().size(), 1u) << "revoked before it was sent";
}

}  // namespace
}  // namespace dray::service

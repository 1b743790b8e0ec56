// What every adapter of the repository of shared links must do.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "model/shares/share_repository.h"

namespace dray::model {

struct FreshShares {
  std::shared_ptr<void> surroundings;
  std::shared_ptr<JobQueue> jobs;
  std::shared_ptr<EventLog> events;
  std::unique_ptr<ShareRepository> shares;
};
using SharesMaker = std::function<FreshShares()>;

class ShareRepositoryConformance : public testing::TestWithParam<SharesMaker> {
 protected:
  FreshShares fresh_ = GetParam()();
  ShareRepository& shares_ = *fresh_.shares;

  static Share share(const std::string& id, const std::string& owner = "ann") {
    Share made;
    made.id = id;
    made.token_hash = sha256_of(bytes_of(id));
    made.owner = owner;
    made.created = Seconds(std::chrono::seconds(1'700'000'000));
    made.expires = Seconds(std::chrono::seconds(1'800'000'000));
    made.revoked = Seconds(std::chrono::seconds(1'750'000'000));
    made.title = "Für die Presse";
    made.items = {{AssetPath::trusted("/content/dam/x"), 7}, {AssetPath::trusted("/content/dam/ÿ.jpg"), 8}};
    made.originals = true;
    made.renditions = false;
    made.password_hash = "$argon2id$";
    made.download_limit = 3;
    made.downloads = 1;
    made.recipients = {"a@b.example"};
    return made;
  }
};

TEST_P(ShareRepositoryConformance, KeepsEveryField) {
  auto made = share("a");
  ASSERT_TRUE(shares_.put(made));
  EXPECT_EQ(**shares_.find("a"), made);
  made.revoked.reset();
  made.download_limit.reset();
  made.items.pop_back();
  made.recipients.clear();
  made.originals = false;
  ASSERT_TRUE(shares_.put(made));
  EXPECT_EQ(**shares_.find("a"), made);
  EXPECT_FALSE(*shares_.find("b"));
}

TEST_P(ShareRepositoryConformance, FindsALinkByItsToken) {
  ASSERT_TRUE(shares_.put(share("a")));
  ASSERT_TRUE(shares_.put(share("b")));
  EXPECT_EQ((*shares_.find_by_token(sha256_of(bytes_of("b"))))->id, "b");
  EXPECT_FALSE(*shares_.find_by_token(sha256_of(bytes_of("c"))));
}

TEST_P(ShareRepositoryConformance, ListsTheOwnersOrAllNewestFirst) {
  for (auto id : {"a", "b", "c"}) ASSERT_TRUE(shares_.put(share(id)));
  ASSERT_TRUE(shares_.put(share("other", "bob")));
  ASSERT_TRUE(shares_.put(share("a"))) << "a change keeps its place";
  auto ids = [&](const std::string& owner, const std::string& before, std::size_t limit) {
    std::string text;
    auto page = *shares_.list(owner, before, limit);
    for (const auto& found : page) text += found.id + " ";
    return text;
  };
  EXPECT_EQ(ids("ann", "", 10), "c b a ");
  EXPECT_EQ(ids("", "", 2), "other c ");
  EXPECT_EQ(ids("ann", "c", 1), "b ");
}

TEST_P(ShareRepositoryConformance, CountsDownloadsUpToTheLimit) {
  auto made = share("a");
  made.downloads = 2;
  ASSERT_TRUE(shares_.put(made));
  EXPECT_TRUE(*shares_.count_download("a"));
  EXPECT_FALSE(*shares_.count_download("a"));
  EXPECT_EQ((*shares_.find("a"))->downloads, 3u);
  ASSERT_TRUE(shares_.uncount_download("a"));
  EXPECT_EQ((*shares_.find("a"))->downloads, 2u);
  EXPECT_TRUE(*shares_.count_download("a")) << "there is room again";
  ASSERT_TRUE(shares_.uncount_download("none"));
  auto endless = share("b");
  endless.download_limit.reset();
  ASSERT_TRUE(shares_.put(endless));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(*shares_.count_download("b"));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(shares_.uncount_download("b"));
  EXPECT_EQ((*shares_.find("b"))->downloads, 0u);
  EXPECT_FALSE(*shares_.count_download("none"));
}

TEST_P(ShareRepositoryConformance, KeepsSettings) {
  EXPECT_EQ(*shares_.get_settings(), LinkSettings());
  LinkSettings settings;
  settings.originals = {true, Behaviour::hidden};
  settings.validity = std::chrono::days(3);
  settings.sharers = Sharers::except;
  settings.groups = {"interns"};
  ASSERT_TRUE(shares_.put_settings(settings));
  EXPECT_EQ(*shares_.get_settings(), settings);
}

TEST_P(ShareRepositoryConformance, StaysRevoked) {
  auto made = share("a");
  made.revoked.reset();
  ASSERT_TRUE(shares_.put(made));
  auto later = made.expires + std::chrono::hours(1);
  EXPECT_TRUE(*shares_.count_download("a"));
  EXPECT_TRUE(*shares_.set_expiry("a", later, {{}, {{0, {}, "LINK_CHANGED", "ann", "", {}}}}));
  EXPECT_EQ((*shares_.find("a"))->expires, later);
  EXPECT_EQ((*shares_.find("a"))->downloads, made.downloads + 1) << "what others have counted stays";
  EXPECT_TRUE(*shares_.revoke("a", made.created));
  EXPECT_EQ((*shares_.find("a"))->revoked, made.created);
  EXPECT_FALSE(*shares_.revoke("a", later));
  EXPECT_FALSE(*shares_.set_expiry("a", made.expires, {{}, {{0, {}, "LINK_CHANGED", "ann", "", {}}}}));
  EXPECT_EQ((*shares_.find("a"))->expires, later);
  EXPECT_FALSE(*shares_.revoke("none", later));
  EXPECT_EQ(fresh_.events->list(0, 9)->size(), 1u);
}

TEST_P(ShareRepositoryConformance, PutsJobsAndEventsWithALink) {
  ASSERT_TRUE(shares_.put(
      share("a"), {{{"mail", "link:a/x@example.com", {{"n", 1}}, "ann"}}, {{0, {}, "LINK_CREATED", "ann", "", {}}}}));
  auto job = *fresh_.jobs->take("mail", Seconds(std::chrono::seconds(1'800'000'000)), std::chrono::seconds(9));
  ASSERT_TRUE(job);
  EXPECT_EQ(job->subject, "link:a/x@example.com");
  EXPECT_EQ(fresh_.events->list(0, 9)->size(), 1u);
}

TEST_P(ShareRepositoryConformance, Removes) {
  ASSERT_TRUE(shares_.put(share("a")));
  ASSERT_TRUE(shares_.remove("a"));
  EXPECT_EQ(shares_.remove("a").error().code, Code::not_found);
  EXPECT_FALSE(*shares_.find_by_token(sha256_of(bytes_of("a"))));
}

}  // namespace dray::model

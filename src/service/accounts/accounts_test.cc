#include "service/accounts/accounts.h"

#include <gtest/gtest.h>

#include <thread>

#include "model/events/memory_events.h"
#include "model/people/memory_people.h"

namespace dray::service {
namespace {

class AccountsTest : public testing::Test {
 protected:
  std::unique_ptr<model::PeopleRepository> people_ = model::make_memory_people();
  std::unique_ptr<model::CredentialRepository> credentials_ = model::make_memory_credentials();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  ManualClock clock_{Seconds(std::chrono::seconds(1'700'000'000))};
  SystemRandom random_;
  Accounts accounts_{*people_, *credentials_, *events_, clock_, random_};
};

TEST_F(AccountsTest, KnowsAUserByPassword) {
  ASSERT_TRUE(accounts_.set_password("ann", "correct horse"));
  EXPECT_EQ(accounts_.check_password("ann", "correct horse")->user, "ann");
  EXPECT_EQ(accounts_.check_password("ann", "correct horsf").error().code, Code::unauthenticated);
  EXPECT_EQ(accounts_.check_password("bob", "correct horse").error(), accounts_.check_password("ann", "").error());
  EXPECT_EQ(events_->list(0, 10)->size(), 3u) << "failures are on record";
  EXPECT_FALSE(accounts_.set_password("ann", ""));
  EXPECT_FALSE(accounts_.set_password("ann", std::string(1025, 'x')));
  EXPECT_FALSE(accounts_.set_password("a b", "long enough"));
}

TEST_F(AccountsTest, RemembersAPasswordForMinutesButNotPastAChange) {
  ASSERT_TRUE(accounts_.set_password("ann", "correct horse"));
  ASSERT_TRUE(accounts_.check_password("ann", "correct horse"));
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(accounts_.check_password("ann", "correct horse"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1)) << "one argon2id takes 80 ms";
  ASSERT_TRUE(accounts_.set_password("ann", "another horse"));
  EXPECT_FALSE(accounts_.check_password("ann", "correct horse"));
  auto user = **people_->find_user("ann");
  user.enabled = false;
  ASSERT_TRUE(people_->put_user(user));
  EXPECT_FALSE(accounts_.check_password("ann", "another horse"));
}

TEST_F(AccountsTest, KnowsTokensUntilTheyExpireOrAreRemoved) {
  ASSERT_TRUE(accounts_.set_password("ann", "correct horse"));
  auto token = accounts_.create_token("ann", "laptop", std::chrono::hours(1));
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->secret.starts_with("dray_"));
  EXPECT_EQ(accounts_.check_token(token->secret)->user, "ann");
  EXPECT_FALSE(accounts_.check_session(token->secret)) << "a token is not a session";
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(accounts_.check_token(token->secret).error().code, Code::unauthenticated);
  EXPECT_EQ(accounts_.create_token("nobody", "", {}).error().code, Code::not_found);
}

TEST_F(AccountsTest, OpensAndClosesSessions) {
  ASSERT_TRUE(accounts_.set_password("ann", "correct horse"));
  auto session = *accounts_.open_session({"ann", {}});
  EXPECT_EQ(accounts_.check_session(session.secret)->user, "ann");
  EXPECT_EQ(session.csrf_token, Accounts::csrf_token_of(session.secret));
  EXPECT_FALSE(accounts_.check_token(session.secret));
  accounts_.close_session(session.secret);
  EXPECT_FALSE(accounts_.check_session(session.secret));
}

TEST_F(AccountsTest, AnotherPasswordEndsSessions) {
  ASSERT_TRUE(accounts_.set_password("ann", "correct horse"));
  ASSERT_TRUE(accounts_.set_password("bob", "correct horse"));
  auto ann = *accounts_.open_session({"ann", {}}), again = *accounts_.open_session({"ann", {}});
  auto bob = *accounts_.open_session({"bob", {}});
  auto token = *accounts_.create_token("ann", "laptop", std::chrono::hours(1));
  ASSERT_TRUE(accounts_.set_password("ann", "another horse"));
  EXPECT_FALSE(accounts_.check_session(ann.secret));
  EXPECT_FALSE(accounts_.check_session(again.secret));
  EXPECT_TRUE(accounts_.check_session(bob.secret));
  EXPECT_TRUE(accounts_.check_token(token.secret)) << "made for programs, and taken back one by one";
}

TEST_F(AccountsTest, CreatesTheFirstAdministratorOnce) {
  auto password = *accounts_.create_first_administrator(std::nullopt);
  ASSERT_TRUE(password);
  EXPECT_TRUE(accounts_.check_password("admin", *password)->is_administrator());
  EXPECT_FALSE(*accounts_.create_first_administrator(std::nullopt));
}

TEST_F(AccountsTest, SaysBusyRatherThanTakeAllMemory) {
  Accounts narrow(*people_, *credentials_, *events_, clock_, random_, {.checks_at_once = 1, .checks_waiting = 0});
  ASSERT_TRUE(narrow.set_password("ann", "correct horse"));
  std::atomic<int> busy = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 4; ++i) {
        if (narrow.check_password("ann", "wrong horse").error().code == Code::busy) ++busy;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GT(busy, 0);
}

}  // namespace
}  // namespace dray::service

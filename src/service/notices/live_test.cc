#include "service/notices/live.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>

#include "model/downloads/memory_downloads.h"
#include "model/events/memory_events.h"

namespace dray::service {
namespace {

using namespace std::chrono_literals;

class Counter final : public model::CatalogChanges {
 public:
  std::uint64_t version() override { return version_; }
  std::atomic<std::uint64_t> version_ = 1;
};

class Ear final : public Listener {
 public:
  void tell(const LiveUpdate& update) override {
    std::lock_guard lock(mutex_);
    heard_ += update.id + (update.download ? ":" + update.download->message : " gone") + " ";
    changed_.notify_all();
  }
  void end() override {
    std::lock_guard lock(mutex_);
    heard_ += "end";
    changed_.notify_all();
  }
  std::string wait_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return heard_.ends_with(text); });
    return heard_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string heard_;
};

class LiveUpdatesTest : public testing::Test {
 protected:
  void put(const std::string& id, const std::string& owner, const std::string& message) {
    model::Download download;
    download.id = id;
    download.owner = owner;
    download.message = message;
    ASSERT_TRUE(downloads_->put(download));
    ++changes_.version_;
  }

  std::unique_ptr<model::JobQueue> jobs_ = model::make_memory_jobs();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  std::unique_ptr<model::DownloadRepository> downloads_ = model::make_memory_downloads(*jobs_, *events_);
  Counter changes_;
  LiveUpdates live_{*downloads_, changes_, 1ms};
};

TEST_F(LiveUpdatesTest, TellsTheOwnerAndNobodyElse) {
  auto ann = std::make_shared<Ear>(), bob = std::make_shared<Ear>();
  ASSERT_TRUE(live_.subscribe("ann", 0, ann));
  ASSERT_TRUE(live_.subscribe("bob", 0, bob));
  put("a", "ann", "1");
  EXPECT_EQ(ann->wait_for("a:1 "), "a:1 ");
  put("a", "ann", "2");
  EXPECT_EQ(ann->wait_for("a:2 "), "a:1 a:2 ");
  put("b", "bob", "1");
  EXPECT_EQ(bob->wait_for("b:1 "), "b:1 ");
  ASSERT_TRUE(downloads_->remove("a"));
  ++changes_.version_;
  EXPECT_EQ(ann->wait_for("gone "), "a:1 a:2 a gone ");
  live_.stop();
  EXPECT_EQ(bob->wait_for("end"), "b:1 end");
  auto late = std::make_shared<Ear>();
  ASSERT_TRUE(live_.subscribe("ann", 0, late));
  EXPECT_EQ(late->wait_for("end"), "end");
}

TEST_F(LiveUpdatesTest, GoesOnWhereAListenerLeftOff) {
  put("a", "ann", "1");
  put("b", "ann", "1");
  auto first = *downloads_->list_changes(0, 10);
  auto early = std::make_shared<Ear>(), late = std::make_shared<Ear>();
  ASSERT_TRUE(live_.subscribe("ann", first[1].number, early));
  put("c", "ann", "1");
  EXPECT_EQ(early->wait_for("c:1 "), "c:1 ");
  ASSERT_TRUE(live_.subscribe("ann", first[0].number, late));
  EXPECT_EQ(late->wait_for("c:1 "), "b:1 c:1 ");
  put("d", "ann", "1");
  EXPECT_EQ(early->wait_for("d:1 "), "c:1 d:1 ") << "nothing is told twice";
  EXPECT_EQ(late->wait_for("d:1 "), "b:1 c:1 d:1 ");
}

TEST_F(LiveUpdatesTest, HasRoomForSomeListenersOfOneOwnerAndForgetsThoseThatLeft) {
  std::vector<std::shared_ptr<Ear>> ears;
  for (int i = 0; i < 64; ++i) {
    ears.push_back(std::make_shared<Ear>());
    ASSERT_TRUE(live_.subscribe("ann", 0, ears.back()));
  }
  auto one_more = std::make_shared<Ear>();
  EXPECT_EQ(live_.subscribe("ann", 0, one_more).error().code, Code::busy);
  ASSERT_TRUE(live_.subscribe("bob", 0, one_more));
  ears.pop_back();
  EXPECT_TRUE(live_.subscribe("ann", 0, one_more));
}

}  // namespace
}  // namespace dray::service

#include "service/uploads/uploads.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <thread>

#include "model/assets/memory_assets.h"
#include "model/blobs/memory_blob_store.h"
#include "model/events/memory_events.h"
#include "model/people/memory_people.h"

namespace dray::service {
namespace {

// Puts wait until they are let through.
class SlowStore final : public model::BlobStore {
 public:
  std::unique_ptr<model::BlobBatch> begin() override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return is_open_; });
    return store_->begin();
  }
  Result<model::OpenBlob> open(const model::BlobId& id) const override { return store_->open(id); }
  std::optional<ByteCount> find_size(const model::BlobId& id) const override { return store_->find_size(id); }
  Result<model::CleanedBlobs> clean(const model::CleaningOrder& order) override { return store_->clean(order); }
  Result<void> visit(const std::function<Result<void>(const model::BlobId&)>& visit) const override {
    return store_->visit(visit);
  }

  void wait_for(int puts) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= puts; });
  }
  void let_through() {
    std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }

 private:
  std::unique_ptr<model::BlobStore> store_ = model::make_memory_blob_store();
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool is_open_ = false;
};

class PlainFiles final : public model::MediaInspector {
 public:
  Result<model::MediaFacts> inspect(int, const std::string&) const override { return model::MediaFacts(); }
  std::string guess(const std::string&) const override { return "application/octet-stream"; }
};

class UploadsTest : public testing::Test {
 protected:
  ~UploadsTest() override { std::filesystem::remove_all(config_.directory); }

  std::string send(const std::string& name, const std::string& content) {
    auto token = uploads_.initiate(model::dam_root(), {{name, content.size()}}, root_)->front().token;
    auto part = *uploads_.open_part(token, 0);
    EXPECT_TRUE(part->write(content));
    EXPECT_TRUE(part->commit());
    return token;
  }
  Result<Uploaded> complete(const std::string& token, const std::string& name, ByteCount size) {
    return uploads_.complete(token, {name, size}, model::dam_root(), root_);
  }

  UploadsConfig config_ = [] {
    auto pattern = testing::TempDir() + "dray-uploads-XXXXXX";
    UploadsConfig config;
    config.directory = ::mkdtemp(pattern.data());
    config.large = 10;
    config.most_large = 2;
    config.part_limit = 20;
    return config;
  }();
  std::unique_ptr<model::AssetRepository> assets_ = model::make_memory_assets();
  std::unique_ptr<model::AccessRepository> access_ = model::make_memory_access();
  std::unique_ptr<model::JobQueue> jobs_ = model::make_memory_jobs();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  SlowStore blobs_;
  PlainFiles media_;
  ManualClock clock_{SystemClock().now()};  // files have times of their own
  SystemRandom random_;
  Uploads uploads_{{*assets_, *access_, blobs_, media_, *jobs_, *events_, clock_, random_}, config_};
  model::Caller root_{"root", {"administrators", "everyone"}};
};

TEST_F(UploadsTest, PutsSoManyLargeOnesTogetherAtATimeAndAnyNumberOfSmallOnes) {
  std::string large(11, 'x'), small(10, 'y');
  std::vector<std::string> tokens;
  for (int i = 0; i < 3; ++i) tokens.push_back(send("large" + std::to_string(i), large));
  auto token = send("small", small);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&, i] { EXPECT_TRUE(complete(tokens[i], "large" + std::to_string(i), large.size())); });
  blobs_.wait_for(2);
  auto refused = complete(tokens[2], "large2", large.size());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::busy);
  threads.emplace_back([&] { EXPECT_TRUE(complete(token, "small", small.size())); });
  blobs_.wait_for(3);
  blobs_.let_through();
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(complete(tokens[2], "large2", large.size())) << "what was refused can be completed later";
  EXPECT_TRUE(*assets_->find(AssetPath::trusted("/content/dam/large2")));
}

TEST_F(UploadsTest, WhatIsNotCompletedInTimeIsGone) {
  blobs_.let_through();
  auto token = send("late", "late"), done = send("done", "done");
  ASSERT_TRUE(complete(done, "done", 4));
  clock_.advance(config_.life - std::chrono::minutes(1));
  ASSERT_TRUE(uploads_.clear_up());
  EXPECT_TRUE(uploads_.open_part(token, 0)) << "there is time left";
  EXPECT_TRUE(complete(done, "done", 4)) << "and the same answer";
  clock_.advance(std::chrono::minutes(2));
  EXPECT_EQ(uploads_.open_part(token, 0).error().code, Code::not_found);
  EXPECT_EQ(complete(token, "late", 4).error().code, Code::invalid);
  EXPECT_EQ(complete(done, "done", 4).error().code, Code::invalid) << "replayed";
  EXPECT_FALSE(std::filesystem::is_empty(config_.directory));
  ASSERT_TRUE(uploads_.clear_up());
  EXPECT_TRUE(std::filesystem::is_empty(config_.directory));
  EXPECT_FALSE(*assets_->find(AssetPath::trusted("/content/dam/late")));
  EXPECT_TRUE(*assets_->find(AssetPath::trusted("/content/dam/done")));
}

TEST_F(UploadsTest, WhatIsCompleteAnswersSoWhileItsRestIsClearedUp) {
  blobs_.let_through();
  auto token = send("done", "done");
  ASSERT_TRUE(complete(token, "done", 4));
  std::atomic<bool> stop = false;
  std::thread clearing([&] {
    while (!stop) EXPECT_TRUE(uploads_.clear_up());
  });
  for (int i = 0; i < 2000; ++i) {
    auto again = complete(token, "done", 4);
    EXPECT_TRUE(again) << again.error().message;
  }
  stop = true;
  clearing.join();
}

TEST_F(UploadsTest, NoByteIsMissingOrDoubled) {
  blobs_.let_through();
  std::string content(30, 'x');
  auto token = uploads_.initiate(model::dam_root(), {{"two", content.size()}}, root_)->front().token;
  auto put = [&](unsigned number, ByteCount size) {
    auto part = *uploads_.open_part(token, number);
    EXPECT_TRUE(part->write(content.substr(0, size)));
    EXPECT_TRUE(part->commit());
  };
  put(1, 20);
  EXPECT_EQ(complete(token, "two", 30).error().code, Code::conflict) << "the first part is missing";
  put(0, 20);
  EXPECT_EQ(complete(token, "two", 30).error().code, Code::invalid) << "ten bytes came twice";
  put(1, 10);
  EXPECT_TRUE(uploads_.complete(token, {"two", std::nullopt}, model::dam_root(), root_)) << "its size is known";
}

TEST_F(UploadsTest, IsLookedAtBeforeItIsStored) {
  config_.inspected_of_user = 0;
  Uploads uploads({*assets_, *access_, blobs_, media_, *jobs_, *events_, clock_, random_}, config_);
  auto token = send("a", "a");
  EXPECT_EQ(uploads.complete(token, {"a", 1}, model::dam_root(), root_).error().code, Code::busy)
      << "would hang if stored";
  blobs_.let_through();
  EXPECT_TRUE(complete(token, "a", 1)) << "later";
}

TEST_F(UploadsTest, NamesThatEveryAssetHasInsideAreRefused) {
  blobs_.let_through();
  for (auto name : {"jcr:content", "_jcr_content"}) {
    EXPECT_EQ(complete(send(name, "x"), name, 1).error().code, Code::invalid);
    EXPECT_EQ(
        uploads_.put_chunk(AssetPath::trusted(std::string("/content/dam/") + name), 0, 1, "x", root_).error().code,
        Code::invalid);
  }
  std::string longest(70'000, 'n');
  auto token = send(longest, "x");
  auto refused = complete(token, longest, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid) << "a probe is never an error, an asset of that name is";
  EXPECT_EQ(refused.error().message.find(config_.directory), std::string::npos);
}

}  // namespace
}  // namespace dray::service

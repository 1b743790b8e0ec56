// What every BlobStore must do. A store joins by saying how to make a fresh one:
//   INSTANTIATE_TEST_SUITE_P(Files, BlobStoreConformance, testing::Values(BlobStoreMaker{[] { ... }}));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>
#include <thread>

#include "model/blobs/blob_store.h"

namespace dray::model {

// Owns whatever the store needs; `store` goes first.
struct FreshBlobStore {
  std::shared_ptr<void> surroundings;
  std::unique_ptr<BlobStore> store;
};
using BlobStoreMaker = std::function<FreshBlobStore()>;

class BlobStoreConformance : public testing::TestWithParam<BlobStoreMaker> {
 protected:
  FreshBlobStore fresh_ = GetParam()();
  BlobStore& store_ = *fresh_.store;

  CleanedBlobs clean(const std::set<BlobId>& used, Seconds before = SystemClock().now() + std::chrono::seconds(2)) {
    std::atomic<bool> stop = false;
    std::function<bool(const BlobId&)> is_used = [&](const BlobId& id) { return used.contains(id); };
    auto cleaned = store_.clean({is_used, before, stop});
    EXPECT_TRUE(cleaned) << cleaned.error().message;
    return cleaned ? *cleaned : CleanedBlobs();
  }
  std::size_t count() {
    std::set<BlobId> seen;
    EXPECT_TRUE(store_.visit([&](const BlobId& id) {
      seen.insert(id);
      return ok();
    }));
    return seen.size();
  }

  static std::string noise(std::size_t size, unsigned seed) {
    std::mt19937 generator(seed);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(generator());
    return text;
  }
};

// Bytes with a hole in the middle.
class HolySource final : public BlobSource {
 public:
  HolySource(std::string before, ByteCount zeros, std::string after)
      : before_(std::move(before)), after_(std::move(after)), zeros_(zeros) {}
  Result<Piece> read(MutableBytes into) override {
    auto& text = !before_.empty() || zeros_ ? before_ : after_;
    if (text.empty() && zeros_) return Piece{.zeros = std::exchange(zeros_, 0)};
    auto count = std::min(into.size(), text.size());
    std::copy_n(bytes_of(text).begin(), count, into.begin());
    text.erase(0, count);
    return Piece{.bytes = count};
  }

 private:
  std::string before_, after_;
  ByteCount zeros_;
};

TEST_P(BlobStoreConformance, KeepsWhatWasPut) {
  for (std::size_t size : {0, 1, 4096, 65537, 1 << 20, (1 << 20) + 1, 5'000'000}) {
    auto content = noise(size, 7);
    auto blob = put_blob(store_, bytes_of(content));
    ASSERT_TRUE(blob) << blob.error().message;
    EXPECT_EQ(blob->id, sha256_of(bytes_of(content)));
    EXPECT_EQ(blob->size, size);
    EXPECT_EQ(blob->crc32, crc32_of(bytes_of(content)));
    EXPECT_EQ(*read_blob(store_, blob->id), content);
    EXPECT_EQ(store_.find_size(blob->id), size);
  }
}

TEST_P(BlobStoreConformance, ReadsAnyRange) {
  for (std::size_t size : {50'000, 5'000'000}) {
    auto content = noise(size, 8);
    auto blob = put_blob(store_, bytes_of(content));
    auto reader = store_.open(blob->id);
    ASSERT_TRUE(reader);
    std::array<std::byte, 100> buffer;
    EXPECT_EQ(*reader->read_at(size - 30, buffer), 30u);
    EXPECT_EQ(text_of(Bytes(buffer).first(30)), content.substr(size - 30));
    EXPECT_EQ(*reader->read_at(size, buffer), 0u);
    EXPECT_EQ(*reader->read_at(size + 1000, buffer), 0u);
    auto region = reader->file_region();
    EXPECT_TRUE(!region || region->length == size);
  }
}

TEST_P(BlobStoreConformance, KeepsEqualContentOnce) {
  for (std::size_t size : {100, 2'000'000}) {
    auto content = noise(size, 9);
    EXPECT_EQ(put_blob(store_, bytes_of(content))->id, put_blob(store_, bytes_of(content))->id);
  }
  std::set<BlobId> seen;
  std::size_t count = 0;
  ASSERT_TRUE(store_.visit([&](const BlobId& id) {
    seen.insert(id);
    ++count;
    return ok();
  }));
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(seen.size(), 2u);
}

TEST_P(BlobStoreConformance, TakesHolesAsZeros) {
  for (ByteCount zeros : {ByteCount{10}, ByteCount{3'000'000}}) {
    auto batch = store_.begin();
    HolySource source("before", zeros, "after");
    auto blob = batch->put(source, zeros + 11);
    ASSERT_TRUE(blob) << blob.error().message;
    ASSERT_TRUE(batch->commit());
    auto content = "before" + std::string(zeros, '\0') + "after";
    EXPECT_EQ(blob->id, sha256_of(bytes_of(content)));
    EXPECT_EQ(blob->crc32, crc32_of(bytes_of(content)));
    EXPECT_EQ(*read_blob(store_, blob->id), content);
  }
}

TEST_P(BlobStoreConformance, SaysWhatIsNotThere) {
  EXPECT_EQ(store_.open(BlobId{}).error().code, Code::not_found);
  EXPECT_FALSE(store_.find_size(BlobId{}));
}

TEST_P(BlobStoreConformance, HandsOnAnErrorOfTheSourceAndKeepsNothing) {
  class Broken final : public BlobSource {
    Result<Piece> read(MutableBytes) override {
      if (std::exchange(first_, false)) return Piece{.bytes = 10};
      return Error{Code::unavailable, "the source broke"};
    }
    bool first_ = true;
  } source;
  auto batch = store_.begin();
  EXPECT_EQ(batch->put(source, 100).error().message, "the source broke");
  EXPECT_TRUE(batch->commit());
  ASSERT_TRUE(store_.visit([&](const BlobId&) -> Result<void> { return Error{Code::conflict, "something was kept"}; }));
}

TEST_P(BlobStoreConformance, SetsAsideWhatNobodyUsesAndRemovesItTheNextTime) {
  auto used = noise(3000, 10), used_large = noise(2'000'000, 11);
  auto unused = noise(300'000, 12), unused_large = noise(2'000'000, 13);
  std::set<BlobId> uses{put_blob(store_, bytes_of(used))->id, put_blob(store_, bytes_of(used_large))->id};
  auto small = *put_blob(store_, bytes_of(unused)), large = *put_blob(store_, bytes_of(unused_large));

  auto cleaned = clean(uses);
  EXPECT_EQ(cleaned.set_aside, 2u);
  EXPECT_EQ(cleaned.removed, 0u);
  EXPECT_EQ(*read_blob(store_, small.id), unused);
  EXPECT_EQ(*read_blob(store_, large.id), unused_large);
  EXPECT_EQ(store_.find_size(large.id), unused_large.size());
  EXPECT_EQ(count(), 4u);

  cleaned = clean(uses);
  EXPECT_EQ(cleaned.removed, 2u);
  EXPECT_GE(cleaned.freed, 2'000'000u);
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(store_.open(small.id).error().code, Code::not_found);
  EXPECT_EQ(store_.open(large.id).error().code, Code::not_found);
  for (const auto& content : {used, used_large}) EXPECT_EQ(*read_blob(store_, sha256_of(bytes_of(content))), content);

  for (const auto& content : {unused, unused_large}) {  // as if it had never been there
    EXPECT_EQ(*read_blob(store_, put_blob(store_, bytes_of(content))->id), content);
  }
}

TEST_P(BlobStoreConformance, BringsBackWhatIsUsedAgain) {
  auto small = noise(1000, 14), large = noise(2'000'000, 15);
  std::set<BlobId> uses{put_blob(store_, bytes_of(small))->id, put_blob(store_, bytes_of(large))->id};
  EXPECT_EQ(clean({}).set_aside, 2u);
  EXPECT_EQ(clean(uses).brought_back, 2u);
  EXPECT_EQ(clean({}).set_aside, 2u);
  EXPECT_EQ(*read_blob(store_, sha256_of(bytes_of(small))), small);
  EXPECT_EQ(*read_blob(store_, sha256_of(bytes_of(large))), large);
}

TEST_P(BlobStoreConformance, KeepsWhatWasPutAgainWhileItWasSetAside) {
  auto small = noise(1000, 16), large = noise(2'000'000, 17);
  for (const auto& content : {small, large}) ASSERT_TRUE(put_blob(store_, bytes_of(content)));
  clean({});
  for (const auto& content : {small, large}) ASSERT_TRUE(put_blob(store_, bytes_of(content)));
  EXPECT_EQ(count(), 2u);
  clean({});  // those who put it have not said so yet, but the first step is all that can happen
  for (const auto& content : {small, large}) EXPECT_EQ(*read_blob(store_, sha256_of(bytes_of(content))), content);
}

TEST_P(BlobStoreConformance, LeavesAloneWhatIsYoung) {
  auto blob = *put_blob(store_, bytes_of("just set aside"));
  clean({});
  EXPECT_EQ(clean({}, SystemClock().now() - std::chrono::hours(1)).removed, 0u);
  EXPECT_TRUE(store_.find_size(blob.id));
}

TEST_P(BlobStoreConformance, ReadsAndPutsWhileItIsCleaned) {
  std::atomic<bool> ended = false;
  std::vector<std::string> contents;
  std::set<BlobId> uses;
  for (unsigned i = 0; i < 20; ++i) {
    contents.push_back(noise(i % 5 ? 1000 + i : 1'100'000 + i, 100 + i));
    uses.insert(put_blob(store_, bytes_of(contents.back()))->id);
  }
  std::thread reader([&] {
    for (unsigned i = 0; !ended; ++i) {
      const auto& content = contents[i % contents.size()];
      auto read = read_blob(store_, sha256_of(bytes_of(content)));
      ASSERT_TRUE(read) << read.error().message << " of " << content.size() << " bytes";
      ASSERT_EQ(*read, content);
    }
  });
  for (unsigned i = 0; i < 20; ++i) {  // they are set aside and come back or are put anew, and others come and go
    clean(uses);
    if (i % 2) clean({});
    if (i % 4 == 3) {
      for (const auto& content : contents) ASSERT_TRUE(put_blob(store_, bytes_of(content)));
    }
    ASSERT_TRUE(put_blob(store_, bytes_of(noise(50'000, 200 + i))));
  }
  ended = true;
  reader.join();
}

TEST_P(BlobStoreConformance, ServesManyThreads) {
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 30; ++i) {
        auto content = noise(i % 3 ? 1000 + i : 100'000 + i, i * (t % 2 + 1));
        auto blob = put_blob(store_, bytes_of(content));
        ASSERT_TRUE(blob) << blob.error().message;
        ASSERT_EQ(*read_blob(store_, blob->id), content);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace dray::model

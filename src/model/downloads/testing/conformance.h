// What every adapter of the download repository must do.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "model/downloads/download_repository.h"

namespace dray::model {

struct FreshDownloads {
  std::shared_ptr<void> surroundings;
  std::unique_ptr<DownloadRepository> downloads;
};
using DownloadsMaker = std::function<FreshDownloads()>;

class DownloadRepositoryConformance : public testing::TestWithParam<DownloadsMaker> {
 protected:
  FreshDownloads fresh_ = GetParam()();
  DownloadRepository& downloads_ = *fresh_.downloads;

  static Download download(const std::string& id, const std::string& owner = "ann") {
    Download made;
    made.id = id;
    made.owner = owner;
    made.created = Seconds(std::chrono::seconds(1'700'000'000));
    made.status = DownloadStatus::partially_successful;
    made.in_background = true;
    made.finished = Seconds(std::chrono::seconds(1'700'000'100));
    made.progress = {9, 8, std::uint64_t{1} << 41, std::uint64_t{1} << 40, 7, 6, Seconds(std::chrono::seconds(5))};
    made.request = {{"targets", json::array{"x"}}};
    made.total_size = std::uint64_t{3} << 40;
    made.total_count = 7;
    made.message = "ü";
    made.targets = {AssetPath::trusted("/content/dam/x"), AssetPath::trusted("/content/dam/y.jpg")};
    made.needed = model::Privilege::read | model::Privilege::rendition;
    made.turns = {{AssetPath::trusted("/content/dam/x/secret"), false},
                  {AssetPath::trusted("/content/dam/x/secret/open"), true}};
    made.artifacts = {
        {"x_1.zip", ArtifactKind::archive, "application/zip", std::uint64_t{1} << 41, 3, sha256_of(bytes_of("1")), 0,
         Seconds(std::chrono::seconds(5))},
        {"x_2.zip", ArtifactKind::file, "image/jpeg", 9, 4, sha256_of(bytes_of("2")), 0xFFFFFFFF, Seconds{}}};
    made.skipped = {{"/content/dam/x/set", "set", "sets cannot be downloaded"}};
    return made;
  }
};

TEST_P(DownloadRepositoryConformance, KeepsEveryField) {
  auto made = download("a1");
  ASSERT_TRUE(downloads_.put(made));
  EXPECT_EQ(**downloads_.find("a1"), made);
  made.status = DownloadStatus::failed;
  made.finished.reset();
  made.request.clear();
  made.artifacts.pop_back();
  made.skipped.clear();
  ASSERT_TRUE(downloads_.put(made));
  EXPECT_EQ(**downloads_.find("a1"), made);
  EXPECT_FALSE(*downloads_.find("b"));
}

TEST_P(DownloadRepositoryConformance, ListsTheOwnersNewestFirst) {
  for (auto id : {"a", "b", "c", "d"}) ASSERT_TRUE(downloads_.put(download(id)));
  ASSERT_TRUE(downloads_.put(download("other", "bob")));
  auto ids = [&](const std::string& before, std::size_t limit) {
    std::string text;
    auto page = *downloads_.list("ann", before, limit);
    for (const auto& found : page) text += found.id;
    return text;
  };
  EXPECT_EQ(ids("", 10), "dcba");
  EXPECT_EQ(ids("", 2), "dc");
  EXPECT_EQ(ids("c", 2), "ba");
}

TEST_P(DownloadRepositoryConformance, IsCompletedOnce) {
  auto made = download("a");
  made.status = DownloadStatus::processing;
  made.in_background = false;
  ASSERT_TRUE(downloads_.put(made));
  auto other = download("b");
  other.status = DownloadStatus::processing;
  ASSERT_TRUE(downloads_.put(other));
  EXPECT_EQ(*downloads_.list_processing(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(*downloads_.send_to_background("a"));
  DownloadProgress progress{3, 2};
  ASSERT_TRUE(downloads_.note_progress("a", progress));
  auto found = **downloads_.find("a");
  EXPECT_TRUE(found.in_background);
  EXPECT_EQ(found.progress, progress);
  found.status = DownloadStatus::failed;
  found.in_background = false;
  EXPECT_TRUE(*downloads_.complete(found));
  EXPECT_TRUE((*downloads_.find("a"))->in_background) << "it stays there";
  found.status = DownloadStatus::successful;
  EXPECT_FALSE(*downloads_.complete(found));
  EXPECT_FALSE(*downloads_.send_to_background("a"));
  ASSERT_TRUE(downloads_.note_progress("a", {9, 9}));
  EXPECT_EQ((*downloads_.find("a"))->status, DownloadStatus::failed);
  EXPECT_EQ((*downloads_.find("a"))->progress, progress);
  EXPECT_EQ(*downloads_.list_processing(), (std::vector<std::string>{"b"}));
  EXPECT_FALSE(*downloads_.complete(download("none")));
  EXPECT_FALSE(*downloads_.find("none"));
}

TEST_P(DownloadRepositoryConformance, RemovesAndVisits) {
  ASSERT_TRUE(downloads_.put(download("a")));
  ASSERT_TRUE(downloads_.put(download("b")));
  ASSERT_TRUE(downloads_.remove("a"));
  EXPECT_EQ(downloads_.remove("a").error().code, Code::not_found);
  std::string seen;
  ASSERT_TRUE(downloads_.visit_artifacts([&](const std::string& id, const Artifact& artifact) {
    seen += id + ":" + artifact.name + " ";
    return ok();
  }));
  EXPECT_EQ(seen, "b:x_1.zip b:x_2.zip ");
}

}  // namespace dray::model

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
  std::unique_ptr<JobQueue> jobs;    // of the same catalog
  std::unique_ptr<EventLog> events;  // likewise
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
    made.name = "ÿ";
    made.created = Seconds(std::chrono::seconds(1'700'000'000));
    made.status = DownloadStatus::partially_successful;
    made.in_background = true;
    made.finished = Seconds(std::chrono::seconds(1'700'000'100));
    made.progress = {9, 8, std::uint64_t{1} << 41, std::uint64_t{1} << 40, 7, 6, Seconds(std::chrono::seconds(5))};
    made.request = {{"targets", json::array{"x"}}};
    made.expires = Seconds(std::chrono::seconds(1'800'000'000));
    made.is_expired = true;
    made.assets_expire = Seconds(std::chrono::seconds(1'750'000'000));
    made.notice = Notice::dismissed;
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

TEST_P(DownloadRepositoryConformance, KnowsItsReaders) {
  auto made = download("a1");
  made.request["email"] = json::array{"bob", "eve", "eve"};
  ASSERT_TRUE(downloads_.put(made));
  ASSERT_TRUE(downloads_.put(download("a2", "bob")));
  for (const auto* user : {"ann", "bob", "eve"}) EXPECT_TRUE(*downloads_.is_reader("a1", user)) << user;
  EXPECT_FALSE(*downloads_.is_reader("a1", "carl"));
  EXPECT_FALSE(*downloads_.is_reader("a2", "ann"));
  EXPECT_FALSE(*downloads_.is_reader("a3", "ann"));
  made.request["email"] = json::array{"bob"};
  ASSERT_TRUE(downloads_.put(made));
  EXPECT_TRUE(*downloads_.is_reader("a1", "bob"));
  EXPECT_FALSE(*downloads_.is_reader("a1", "eve"));
  ASSERT_TRUE(downloads_.remove("a1"));
  EXPECT_FALSE(*downloads_.is_reader("a1", "bob"));
}

TEST_P(DownloadRepositoryConformance, KeepsEveryField) {
  auto made = download("a1");
  ASSERT_TRUE(downloads_.put(made));
  EXPECT_EQ(**downloads_.find("a1"), made);
  made.status = DownloadStatus::failed;
  made.finished.reset();
  made.expires.reset();
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
  EXPECT_TRUE(*downloads_.send_to_background("a"));
  DownloadProgress progress{3, 2};
  ASSERT_TRUE(downloads_.note_progress("a", progress));
  auto found = **downloads_.find("a");
  EXPECT_TRUE(found.in_background);
  EXPECT_EQ(found.progress, progress);
  found.status = DownloadStatus::failed;
  found.in_background = false;
  found.notice = Notice::read;
  EXPECT_TRUE(*downloads_.complete(found, {{{"announce", "a", {}, "ann"}}, {{0, {}, "DONE", "ann", "", {}}}}));
  EXPECT_TRUE((*downloads_.find("a"))->in_background) << "it stays there";
  EXPECT_EQ((*downloads_.find("a"))->notice, Notice::unread);
  found.status = DownloadStatus::successful;
  EXPECT_FALSE(*downloads_.complete(found, {{{"announce", "b", {}, "ann"}}, {{0, {}, "DONE", "ann", "", {}}}}));
  EXPECT_EQ(fresh_.events->list(0, 9)->size(), 1u);
  EXPECT_EQ(fresh_.jobs->count("announce")->waiting, 1u);
  EXPECT_FALSE(*downloads_.send_to_background("a"));
  ASSERT_TRUE(downloads_.note_progress("a", {9, 9}));
  EXPECT_EQ((*downloads_.find("a"))->status, DownloadStatus::failed);
  EXPECT_EQ((*downloads_.find("a"))->progress, progress);
  EXPECT_FALSE(*downloads_.complete(download("none")));
  EXPECT_FALSE(*downloads_.find("none"));
}

TEST_P(DownloadRepositoryConformance, AddsJobsAndEventsWithADownload) {
  ASSERT_TRUE(
      downloads_.put(download("a"), {{{"prepare", "a", {}, "ann"}}, {{0, {}, "ASKED", "ann", "", {{"id", "a"}}}}}));
  auto events = *fresh_.events->list(0, 9);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, "ASKED");
  auto job = *fresh_.jobs->take("prepare", Seconds(std::chrono::seconds(1)), std::chrono::seconds(60));
  ASSERT_TRUE(job);
  EXPECT_EQ(job->subject, "a");
  EXPECT_EQ(job->owner, "ann");
}

TEST_P(DownloadRepositoryConformance, KeepsAnInbox) {
  for (auto id : {"a", "b", "c"}) {
    auto made = download(id);
    made.status = DownloadStatus::processing;
    made.notice = Notice::read;
    made.in_background = std::string_view(id) != "b";
    ASSERT_TRUE(downloads_.put(made));
    made.status = DownloadStatus::successful;
    EXPECT_TRUE(std::string_view(id) == "c" || *downloads_.complete(made));
  }
  EXPECT_EQ(*downloads_.count_unread("ann"), 1u) << "b was waited for, c is not there yet";
  EXPECT_FALSE(*downloads_.set_notice("ann", "c", Notice::dismissed));
  EXPECT_FALSE(*downloads_.set_notice("bob", "a", Notice::read));
  EXPECT_TRUE(*downloads_.set_notice("ann", "a", Notice::read));
  EXPECT_FALSE(*downloads_.set_notice("ann", "a", Notice::read)) << "it is already";
  EXPECT_EQ(*downloads_.count_unread("ann"), 0u);
  EXPECT_EQ((*downloads_.find("a"))->notice, Notice::read);
  EXPECT_TRUE(*downloads_.set_notice("ann", "b", Notice::dismissed));
  std::string ids;
  auto page = *downloads_.list("ann", "", 10, Listing::inbox);
  for (const auto& found : page) ids += found.id;
  EXPECT_EQ(ids, "ca");
}

TEST_P(DownloadRepositoryConformance, LetsDownloadsExpire) {
  auto time = [](int seconds) { return Seconds(std::chrono::seconds(seconds)); };
  for (auto id : {"a", "b", "c", "d"}) {
    auto made = download(id);
    made.is_expired = false;
    made.notice = Notice::read;
    made.expires = time(std::string_view(id) == "d" ? 200 : 100);
    made.in_background = std::string_view(id) != "b";
    if (std::string_view(id) == "c") made.status = DownloadStatus::processing;
    ASSERT_TRUE(downloads_.put(made));
  }
  EXPECT_EQ(*downloads_.expire(time(99), 10), 0u);
  EXPECT_EQ(*downloads_.expire(time(100), 1), 1u);
  EXPECT_EQ(*downloads_.expire(time(100), 10), 1u) << "c is being processed";
  auto a = **downloads_.find("a");
  EXPECT_TRUE(a.is_expired && a.artifacts.empty());
  EXPECT_EQ(a.notice, Notice::unread);
  EXPECT_EQ((*downloads_.find("b"))->notice, Notice::read) << "nobody was told of it before";
  EXPECT_FALSE((*downloads_.find("d"))->is_expired);
  EXPECT_EQ(*downloads_.remove_expired(time(100), 10), 0u);
  EXPECT_EQ(*downloads_.remove_expired(time(101), 10), 2u);
  EXPECT_FALSE(*downloads_.find("a"));
  EXPECT_TRUE(*downloads_.find("d"));
}

TEST_P(DownloadRepositoryConformance, NotesEveryChange) {
  EXPECT_EQ(*downloads_.last_change(), 0u);
  auto made = download("a");
  made.status = DownloadStatus::processing;
  ASSERT_TRUE(downloads_.put(made));
  ASSERT_TRUE(downloads_.note_progress("a", {2, 1}));
  ASSERT_TRUE(downloads_.put(download("b", "bob")));
  ASSERT_TRUE(downloads_.note_progress("b", {2, 1})) << "changes nothing";
  made.status = DownloadStatus::successful;
  ASSERT_TRUE(*downloads_.complete(made));
  ASSERT_TRUE(*downloads_.set_notice("ann", "a", Notice::read));
  ASSERT_TRUE(downloads_.remove("a"));
  EXPECT_FALSE(downloads_.remove("a"));
  std::string seen;
  auto changes = *downloads_.list_changes(0, 100);
  for (const auto& change : changes) seen += change.download + ":" + change.owner + " ";
  EXPECT_EQ(seen, "a:ann a:ann b:bob a:ann a:ann a:ann ");
  EXPECT_EQ(*downloads_.last_change(), changes.back().number);
  auto later = *downloads_.list_changes(changes[1].number, 2);
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(later[0], changes[2]);
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

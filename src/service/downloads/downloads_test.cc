#include "service/downloads/downloads.h"

#include <gtest/gtest.h>

#include <set>

#include "base/places.h"
#include "model/assets/memory_assets.h"
#include "model/blobs/memory_blob_store.h"
#include "model/downloads/memory_downloads.h"
#include "model/events/memory_events.h"
#include "model/people/memory_people.h"

namespace dray::service {
namespace {

using model::DownloadStatus;

AssetPath path(const std::string& text) { return AssetPath::trusted(text); }

class DownloadsTest : public testing::Test {
 protected:
  void put(const std::string& at, const std::string& content) {
    auto blob = *model::put_blob(*blobs_, bytes_of(content));
    put_asset(at, blob);
  }
  void put_asset(const std::string& at, const model::Blob& blob, model::SetKind set = model::SetKind::none) {
    model::AssetDraft draft{path(at), {blob, "image/jpeg", {}, 1, set, {}, {}}, {}};
    ASSERT_TRUE(assets_->put_assets(std::span(&draft, 1), clock_.now()));
  }
  void deny(const std::string& at, model::Privilege privilege) {
    ASSERT_TRUE(access_->put_rule({path(at), "everyone", model::set_of(privilege), model::Effect::deny}));
  }
  model::Download create(std::vector<std::string> targets, std::string name = "") {
    pipeline::DownloadRequest request;
    for (const auto& target : targets) request.targets.push_back(path(target));
    request.archive_name = name;
    if (!name.empty()) request.form = pipeline::ArchiveForm::always;
    return *downloads_.create(request, ann_);
  }

  std::unique_ptr<model::AssetRepository> assets_ = model::make_memory_assets();
  std::unique_ptr<model::BlobStore> blobs_ = model::make_memory_blob_store();
  std::unique_ptr<model::JobQueue> jobs_ = model::make_memory_jobs();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  std::unique_ptr<model::DownloadRepository> kept_ = model::make_memory_downloads(*jobs_, *events_);
  std::unique_ptr<model::AccessRepository> access_ = model::make_memory_access();
  ManualClock clock_{Seconds(std::chrono::seconds(1'700'000'000))};
  SystemRandom random_;
  model::Caller ann_{"ann", {"everyone"}}, bob_{"bob", {"everyone"}}, root_{"root", {"administrators", "everyone"}};
  std::unique_ptr<model::PresetRepository> presets_ = model::make_memory_presets();
  std::unique_ptr<model::ProcessingProfileRepository> profiles_ = model::make_memory_processing_profiles();
  std::unique_ptr<model::PeopleRepository> people_ = model::make_memory_people();
  Bell queued_, completed_;
  DownloadsConfig config_ = [] {
    DownloadsConfig config;
    config.now = {10, 100'000'000};
    return config;
  }();
  Downloads downloads_{{*assets_, *blobs_, *kept_, *people_, *access_, *events_, *jobs_, clock_, random_, *presets_,
                        *profiles_, queued_, completed_},
                       config_};
};

TEST_F(DownloadsTest, MakesAnArchiveOfAFolder) {
  put("/content/dam/x/a.jpg", "aaaa");
  put("/content/dam/x/b.jpg", "bb");
  auto download = create({"/content/dam/x"});
  EXPECT_EQ(download.status, DownloadStatus::successful);
  EXPECT_EQ(download.total_count, 2u);
  EXPECT_EQ(download.total_size, 6u);
  ASSERT_EQ(download.artifacts.size(), 1u);
  EXPECT_EQ(download.artifacts[0].name, "x.zip");
  auto open = downloads_.open_artifact(download.id, "x.zip", ann_);
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(open->source->size(), download.artifacts[0].size);
  EXPECT_EQ(open->manifest->view().entry_count(), 2u);
}

TEST_F(DownloadsTest, NotesWhoAgreedToWhatForEachAsset) {
  auto blob = *model::put_blob(*blobs_, bytes_of("a"));
  auto licence = model::licence_id_of_text("<p>Ask</p>"), other = model::licence_id_of_text("<p>Never</p>");
  std::vector<model::AssetDraft> drafts;
  auto add = [&](const std::string& at, const std::string& id) {
    model::AssetDraft draft{path(at), {blob, "image/jpeg", {}, 1, model::SetKind::none, {}, {}}, {}};
    draft.asset.protection.restrictions = id;
    drafts.push_back(std::move(draft));
  };
  for (int number = 0; number < 2500; ++number) add("/content/dam/x/" + std::to_string(number) + ".jpg", licence);
  add("/content/dam/x/never.jpg", other);
  add("/content/dam/y.jpg", licence);
  ASSERT_TRUE(assets_->put_assets(drafts, clock_.now()));
  pipeline::DownloadRequest request;
  request.targets = {path("/content/dam/x")};
  request.licences = {licence};
  auto accepted = [&] {
    std::vector<model::Event> events;
    for (auto& event : *events_->list(0, 1000)) {
      if (event.type == "ACCEPTED") events.push_back(std::move(event));
    }
    return events;
  };
  auto opened = downloads_.open_now(request, ann_);
  ASSERT_TRUE(opened && opened->artifact);
  ASSERT_TRUE(accepted().empty()) << "whoever sends it notes them first";
  ASSERT_TRUE(events_->append_all(opened->events));
  auto events = accepted();
  ASSERT_EQ(events.size(), 3u) << "none grows without end";
  std::set<std::string> named;
  for (const auto& event : events) {
    EXPECT_EQ(event.user, "ann");
    EXPECT_EQ(event.time, clock_.now());
    EXPECT_EQ(event.details.at("license"), json::value(licence));
    EXPECT_EQ(event.details.at("assetCount").to_number<int>(), 2500);
    for (const auto& one : event.details.at("assets").as_array()) named.insert(std::string(one.as_string()));
  }
  EXPECT_EQ(named.size(), 2500u);
  EXPECT_FALSE(named.contains("/content/dam/x/never.jpg"));

  request.targets = {path("/content/dam/y.jpg")};
  auto download = *downloads_.create(request, bob_);
  ASSERT_EQ(download.status, DownloadStatus::successful);
  events = accepted();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[3].user, "bob");
  EXPECT_EQ(events[3].details.at("download"), json::value(download.id));
  request.licences.clear();
  EXPECT_EQ(downloads_.create(request, bob_)->status, DownloadStatus::failed);
  EXPECT_EQ(accepted().size(), 4u) << "who has not agreed is not noted";
}

TEST_F(DownloadsTest, OpensTheSameForWhoeverGoesOnWithIt) {
  put("/content/dam/x/a.jpg", "aaaa");
  put("/content/dam/x/b.jpg", "bbbb");
  pipeline::DownloadRequest request;
  request.targets = {path("/content/dam/x")};
  auto open = [&](const model::Caller& caller, Downloads::Part part) {
    auto opened = downloads_.open_now(request, caller, Downloads::Unagreed::leave_out, part);
    return opened && opened->artifact ? opened->artifact->artifact.entity_tag() : "";
  };
  using Part = Downloads::Part;
  auto first = open(ann_, Part::later);
  EXPECT_FALSE(first.empty()) << "there is nothing to go on with: from the start";
  put("/content/dam/x/b.jpg", "BBBB");
  EXPECT_EQ(open(ann_, Part::later), first) << "bytes of two versions would be mixed";
  auto second = open(ann_, Part::whole);
  EXPECT_NE(second, first);
  EXPECT_EQ(open(ann_, Part::later), second);
  put("/content/dam/x/b.jpg", "bbbb");
  EXPECT_EQ(open(bob_, Part::later), first) << "what another one has opened is not his";
  deny("/content/dam/x/b.jpg", model::Privilege::original);
  auto less = open(ann_, Part::later);
  EXPECT_FALSE(less.empty());
  EXPECT_NE(less, second) << "a right was withdrawn";
  request.targets = {path("/content/dam/x/a.jpg"), path("/content/dam/x/none.jpg")};
  EXPECT_FALSE(downloads_.open_now(request, ann_)->skipped.empty());
  auto again = downloads_.open_now(request, ann_, Downloads::Unagreed::leave_out, Part::later);
  EXPECT_FALSE(again->skipped.empty()) << "what was refused is not delivered by going on with it";
}

TEST_F(DownloadsTest, OpensSoManyLargeOnesAtATime) {
  for (int i = 0; i < 11; ++i) put("/content/dam/large/" + std::to_string(i) + ".jpg", "x");
  put("/content/dam/small/a.jpg", "x");
  config_.waiting_of_owner = 0;
  Downloads none({*assets_, *blobs_, *kept_, *people_, *access_, *events_, *jobs_, clock_, random_, *presets_,
                  *profiles_, queued_, completed_},
                 config_);
  pipeline::DownloadRequest request;
  request.targets = {path("/content/dam/large")};
  EXPECT_EQ(none.open_now(request, ann_).error().code, Code::busy);
  EXPECT_TRUE(downloads_.open_now(request, ann_));
  request.targets = {path("/content/dam/small")};
  EXPECT_TRUE(none.open_now(request, ann_)) << "what is small needs no place";
}

TEST(PlacesTest, NobodyTakesThemAll) {
  Places places(3, 2);
  auto a = places.take("ann"), b = places.take("ann");
  EXPECT_TRUE(a && b);
  EXPECT_FALSE(places.take("ann")) << "all that she may have";
  auto c = places.take("bob");
  EXPECT_TRUE(c);
  EXPECT_FALSE(places.take("eve")) << "all are taken";
  a.reset();
  auto d = places.take("eve");
  EXPECT_TRUE(d);
  b.reset();
  auto moved = std::move(d);
  EXPECT_TRUE(places.take("ann")) << "and gives it back at once";
  EXPECT_TRUE(places.take("ann"));
}

TEST_F(DownloadsTest, GivesTheSameSelectionTheSameTag) {
  put("/content/dam/x/a.jpg", "aaaa");
  put("/content/dam/x/b.jpg", "bb");
  clock_.advance(std::chrono::seconds(5));
  EXPECT_EQ(create({"/content/dam/x"}).artifacts[0].entity_tag(), create({"/content/dam/x"}).artifacts[0].entity_tag());
}

TEST_F(DownloadsTest, SendsASingleOriginalBareUnlessAZipWasAskedFor) {
  put("/content/dam/x/a.jpg", "aaaa");
  auto bare = create({"/content/dam/x/a.jpg"});
  EXPECT_EQ(bare.artifacts.at(0).kind, model::ArtifactKind::file);
  EXPECT_EQ(bare.artifacts.at(0).content, sha256_of(bytes_of("aaaa")));
  EXPECT_EQ(create({"/content/dam/x/a.jpg"}, "y").artifacts.at(0).name, "y.zip");
}

TEST_F(DownloadsTest, AnswersAnEmptySelectionWithSuccessAndNoArchive) {
  ASSERT_TRUE(assets_->make_folder(path("/content/dam/empty")));
  auto download = create({"/content/dam/empty"});
  EXPECT_EQ(download.status, DownloadStatus::successful);
  EXPECT_TRUE(download.artifacts.empty());
  EXPECT_NE(download.message.find("no archive was created"), std::string::npos);
}

TEST_F(DownloadsTest, TellsPartialSuccessFromFailure) {
  put("/content/dam/x/a.jpg", "aaaa");
  put_asset("/content/dam/x/spin", *model::put_blob(*blobs_, {}), model::SetKind::spin_set);
  EXPECT_EQ(create({"/content/dam/x"}).status, DownloadStatus::partially_successful);
  EXPECT_EQ(create({"/content/dam/x/spin"}).status, DownloadStatus::failed);
  EXPECT_EQ(create({"/content/dam/none"}).status, DownloadStatus::failed);
}

TEST_F(DownloadsTest, NamesAnAssetWhoseBlobIsMissing) {
  put("/content/dam/x/a.jpg", "aaaa");
  put_asset("/content/dam/x/b.jpg", {sha256_of(bytes_of("gone")), 4, 0});
  put("/content/dam/x/c.jpg", "cc");
  auto download = create({"/content/dam/x"});
  EXPECT_EQ(download.status, DownloadStatus::partially_successful);
  ASSERT_EQ(download.skipped.size(), 1u);
  EXPECT_EQ(download.skipped[0].reason, "missing");
  EXPECT_EQ(download.total_size, 6u);
  EXPECT_EQ(download.artifacts[0].entry_count, 2u);
}

TEST_F(DownloadsTest, HidesOtherPeoplesDownloads) {
  put("/content/dam/x/a.jpg", "aaaa");
  auto id = create({"/content/dam/x"}, "x").id;
  EXPECT_EQ(downloads_.get(id, bob_).error().code, Code::not_found);
  EXPECT_EQ(downloads_.open_artifact(id, "x.zip", bob_).error().code, Code::not_found);
  EXPECT_EQ(downloads_.remove(id, bob_).error().code, Code::not_found);
  EXPECT_TRUE(downloads_.get(id, root_));
  EXPECT_TRUE(downloads_.list(bob_, "", 10)->empty());
  ASSERT_TRUE(downloads_.remove(id, ann_));
  EXPECT_FALSE(downloads_.get(id, ann_));
}

TEST_F(DownloadsTest, ClosesAtTheNextRequestWhenARightIsWithdrawn) {
  put("/content/dam/x/a.jpg", "aaaa");
  put("/content/dam/x/sub/b.jpg", "bb");
  put("/content/dam/x/secret/c.jpg", "cc");
  deny("/content/dam/x/secret", model::Privilege::read);
  auto id = create({"/content/dam/x"}).id;
  EXPECT_TRUE(downloads_.open_artifact(id, "x.zip", ann_)) << "what was denied from the start is not in it";
  deny("/content/dam/x/sub", model::Privilege::original);
  EXPECT_EQ(downloads_.open_artifact(id, "x.zip", ann_).error().code, Code::denied);
  EXPECT_TRUE(downloads_.open_artifact(id, "x.zip", root_));
  ASSERT_TRUE(access_->remove_rule(path("/content/dam/x/sub"), "everyone", model::Effect::deny));
  EXPECT_TRUE(downloads_.open_artifact(id, "x.zip", ann_));
  deny("/var/dam/jobs/download", model::Privilege::read);
  EXPECT_EQ(downloads_.open_artifact(id, "x.zip", ann_).error().code, Code::denied);
}

TEST_F(DownloadsTest, ClosesWhenAnAllowInsideADenyIsWithdrawn) {
  put("/content/dam/x/a.jpg", "aaaa");
  put("/content/dam/x/secret/open/b.jpg", "bb");
  auto open = path("/content/dam/x/secret/open");
  constexpr auto both = model::Privilege::read | model::Privilege::original;
  deny("/content/dam/x/secret", model::Privilege::read);
  ASSERT_TRUE(access_->put_rule({open, "ann", both, model::Effect::allow}));
  auto id = create({"/content/dam/x"}).id;
  EXPECT_EQ(downloads_.open_artifact(id, "x.zip", ann_)->manifest->view().entry_count(), 2u);
  ASSERT_TRUE(access_->remove_rule(open, "ann", model::Effect::allow));
  EXPECT_EQ(downloads_.open_artifact(id, "x.zip", ann_).error().code, Code::denied);
  ASSERT_TRUE(access_->put_rule({open, "ann", both, model::Effect::allow}));
  EXPECT_TRUE(downloads_.open_artifact(id, "x.zip", ann_));
}

TEST_F(DownloadsTest, OpensOriginalsWhereRightsAllow) {
  put("/content/dam/x/a.jpg", "aaaa");
  EXPECT_EQ(downloads_.open_original(path("/content/dam/x/a.jpg"), ann_)->source->size(), 4u);
  EXPECT_EQ(downloads_.open_original(path("/content/dam/x"), ann_).error().code, Code::not_found);
  deny("/content/dam/x", model::Privilege::original);
  EXPECT_EQ(downloads_.open_original(path("/content/dam/x/a.jpg"), ann_).error().code, Code::denied);
  deny("/content/dam/x", model::Privilege::read);
  EXPECT_EQ(downloads_.open_original(path("/content/dam/x/a.jpg"), ann_).error().code, Code::not_found);
}

TEST_F(DownloadsTest, ExplainsWithoutKeepingAnything) {
  put("/content/dam/x/a.jpg", "aaaa");
  put("/content/dam/x/b.jpg", "bb");
  pipeline::DownloadRequest request;
  request.targets = {path("/content/dam/x")};
  auto object = to_json(*downloads_.explain(request, ann_));
  EXPECT_EQ(object["layouts"].at(0).at("entryCount").to_number<int>(), 2);
  EXPECT_TRUE(downloads_.list(ann_, "", 10)->empty());
}

class BackgroundTest : public DownloadsTest {
 protected:
  BackgroundTest() {
    EXPECT_TRUE(people_->put_user({"ann", "", "", "", true}));
    for (int i = 0; i < 11; ++i) put("/content/dam/large/" + std::to_string(i) + ".jpg", std::string(100, 'x'));
  }
  // As the crew does it.
  Result<void> carry_out_next(bool is_last = false) {
    auto job = *jobs_->take(kDownloadJob, clock_.now(), std::chrono::seconds(60));
    if (!job) return Error{Code::not_found, "there is no job"};
    Preparation preparation;
    auto done = downloads_.carry_out(job->subject, preparation, is_last);
    if (done) {
      EXPECT_TRUE(jobs_->finish(*job));
    }
    return done;
  }
};

TEST_F(BackgroundTest, WhatIsLargeIsAJob) {
  auto download = create({"/content/dam/large"});
  EXPECT_EQ(download.status, DownloadStatus::processing);
  EXPECT_TRUE(download.in_background);
  EXPECT_EQ(queued_.times_rung(), 1u);
  clock_.advance(std::chrono::seconds(5));
  ASSERT_TRUE(carry_out_next());
  download = *downloads_.get(download.id, ann_);
  EXPECT_EQ(download.status, DownloadStatus::successful);
  EXPECT_EQ(download.finished, clock_.now());
  EXPECT_EQ(download.total_count, 11u);
  EXPECT_EQ(download.artifacts.at(0).name, "large.zip");
  EXPECT_EQ(completed_.times_rung(), 1u);
}

TEST_F(BackgroundTest, TheThresholdsAreStrict) {
  ASSERT_TRUE(assets_->remove(path("/content/dam/large/0.jpg")));
  EXPECT_EQ(create({"/content/dam/large"}).status, DownloadStatus::successful) << "ten assets";
  put_asset("/content/dam/at/a.jpg", *model::put_blob(*blobs_, bytes_of(std::string(99'999'999, 'x'))));
  put("/content/dam/at/b.jpg", "y");
  EXPECT_EQ(create({"/content/dam/at"}).status, DownloadStatus::successful) << "100,000,000 bytes";
  put("/content/dam/at/b.jpg", "yz");
  EXPECT_EQ(create({"/content/dam/at"}).status, DownloadStatus::processing) << "100,000,001 bytes";
}

TEST_F(BackgroundTest, CancellingWinsAgainstTheJob) {
  auto id = create({"/content/dam/large"}).id;
  EXPECT_EQ(downloads_.remove(id, bob_).error().code, Code::not_found);
  ASSERT_TRUE(downloads_.remove(id, ann_));
  auto download = *downloads_.get(id, ann_);
  EXPECT_EQ(download.status, DownloadStatus::failed);
  EXPECT_EQ(download.message, "cancelled by ann");
  Preparation preparation;
  downloads_.look_after(id, preparation);
  EXPECT_TRUE(preparation.is_stopped());
  ASSERT_TRUE(carry_out_next());
  EXPECT_EQ((*downloads_.get(id, ann_)).status, DownloadStatus::failed);
  ASSERT_TRUE(downloads_.remove(id, ann_)) << "the second time it goes";
  EXPECT_FALSE(downloads_.get(id, ann_));
}

TEST_F(BackgroundTest, TellsHowFarItIs) {
  auto download = create({"/content/dam/large"});
  auto job = *jobs_->take(kDownloadJob, clock_.now(), std::chrono::seconds(60));
  Preparation preparation;
  ASSERT_TRUE(downloads_.carry_out(job->subject, preparation, false));
  auto progress = preparation.progress();
  EXPECT_EQ(progress.assets, 11u);
  EXPECT_EQ(progress.assets_done, 11u) << "of originals too";
  EXPECT_EQ(progress.bytes_done, progress.bytes);
  EXPECT_EQ(downloads_.get(download.id, ann_)->progress, progress);
  auto small = create({"/content/dam/large/0.jpg"});
  EXPECT_EQ(small.progress.assets_done, 1u) << "mails tell the number of assets";
}

TEST_F(BackgroundTest, WhoeverGoesGivesUpTheirDownload) {
  config_.now = {100, 1000};
  config_.now_time = std::chrono::seconds(60);
  std::string nothing_came_of;
  Downloads downloads(
      {*assets_, *blobs_, *kept_, *people_, *access_, *events_, *jobs_, clock_, random_, *presets_, *profiles_, queued_,
       completed_, nullptr, nullptr, nullptr, [&](const std::string& owner) { nothing_came_of = owner; }},
      config_);
  pipeline::DownloadRequest request;
  request.targets = {path("/content/dam/large/0.jpg")};
  request.options.subassets = true;  // something to be made: it is waited for
  auto gone = std::make_shared<std::atomic<bool>>(true);
  auto download = *downloads.create(request, ann_, Wait::while_small, gone);
  EXPECT_EQ(download.status, DownloadStatus::failed);
  EXPECT_NE(download.message.find("did not wait"), std::string::npos);
  EXPECT_EQ(*downloads.count_unread(ann_), 0u);
  EXPECT_EQ(nothing_came_of, "ann");
  Preparation preparation;
  downloads.look_after(download.id, preparation);
  EXPECT_TRUE(preparation.is_stopped());
}

TEST_F(BackgroundTest, IsAskedForOnceMore) {
  auto id = create({"/content/dam/large"}).id;
  EXPECT_EQ(downloads_.retry(id, ann_).error().code, Code::conflict) << "it is being prepared";
  ASSERT_TRUE(downloads_.remove(id, ann_));
  ASSERT_TRUE(carry_out_next());
  EXPECT_EQ(downloads_.retry(id, bob_).error().code, Code::not_found);
  auto again = *downloads_.retry(id, root_);
  EXPECT_EQ(again.status, DownloadStatus::processing);
  EXPECT_EQ(again.owner, "ann") << "whoever asks";
  EXPECT_NE(again.id, id) << "an archive never changes";
  EXPECT_EQ(downloads_.get(id, ann_)->notice, model::Notice::dismissed) << "there is nothing in it";
  ASSERT_TRUE(carry_out_next());
  EXPECT_EQ(downloads_.get(again.id, ann_)->status, DownloadStatus::successful);
}

TEST_F(BackgroundTest, IsAnnouncedAndExpires) {
  auto id = create({"/content/dam/large"}).id;
  EXPECT_EQ(*downloads_.count_unread(ann_), 0u);
  ASSERT_TRUE(carry_out_next());
  EXPECT_EQ(*downloads_.count_unread(ann_), 1u);
  EXPECT_EQ(jobs_->count(kAnnouncementJob)->waiting, 1u);
  EXPECT_EQ(downloads_.get(id, ann_)->expires, clock_.now() + config_.retention);
  EXPECT_EQ(downloads_.set_notice(id, model::Notice::read, bob_).error().code, Code::not_found);
  ASSERT_TRUE(downloads_.set_notice(id, model::Notice::read, ann_));
  EXPECT_EQ(*downloads_.count_unread(ann_), 0u);
  ASSERT_TRUE(downloads_.clear_up());
  auto name = downloads_.get(id, ann_)->artifacts.at(0).name;
  clock_.advance(config_.retention);
  EXPECT_EQ(downloads_.open_artifact(id, name, ann_).error().code, Code::gone) << "even before clearing up";
  ASSERT_TRUE(downloads_.clear_up());
  EXPECT_EQ(*downloads_.count_unread(ann_), 1u) << "one is told";
  EXPECT_EQ(downloads_.open_artifact(id, name, ann_).error().code, Code::gone);
  EXPECT_TRUE(downloads_.retry(id, ann_));
  clock_.advance(config_.retention + std::chrono::seconds(1));
  ASSERT_TRUE(downloads_.clear_up());
  EXPECT_EQ(downloads_.get(id, ann_).error().code, Code::not_found);
}

TEST_F(BackgroundTest, FailsWhereItsOwnerIsGone) {
  auto id = create({"/content/dam/large"}).id;
  ASSERT_TRUE(people_->remove_user("ann"));
  ASSERT_TRUE(carry_out_next());
  EXPECT_EQ(downloads_.get(id, root_)->status, DownloadStatus::failed);
  EXPECT_NE(downloads_.get(id, root_)->message, "");
}

TEST_F(BackgroundTest, RefusesMoreThanTheQueueHolds) {
  auto config = config_;
  config.queued_of_user = 2;
  Downloads downloads{{*assets_, *blobs_, *kept_, *people_, *access_, *events_, *jobs_, clock_, random_, *presets_,
                       *profiles_, queued_, completed_},
                      config};
  pipeline::DownloadRequest request;
  request.targets = {path("/content/dam/large")};
  EXPECT_TRUE(downloads.create(request, ann_));
  EXPECT_TRUE(downloads.create(request, ann_));
  EXPECT_EQ(downloads.create(request, ann_).error().code, Code::busy);
  EXPECT_TRUE(downloads.create(request, bob_)) << "who has none waiting";
  request.targets = {path("/content/dam/large/1.jpg")};
  EXPECT_EQ(downloads.create(request, ann_)->status, DownloadStatus::successful) << "what is small is always made";
}

}  // namespace
}  // namespace dray::service

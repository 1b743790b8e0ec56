#include "service/cleaning/cleaner.h"

#include <gtest/gtest.h>

#include "model/assets/memory_assets.h"
#include "model/blobs/memory_blob_store.h"
#include "model/downloads/memory_downloads.h"
#include "model/events/memory_events.h"
#include "pipeline/layout/layout.h"
#include "pipeline/layout/manifest.h"

namespace dray::service {
namespace {

// The time is a day and more ahead, so that what is stored or set aside in a test is old at once.
class CleanerTest : public testing::Test {
 protected:
  CleanerTest() { clock_.advance(std::chrono::hours(48)); }

  model::Blob put(const std::string& content) { return *model::put_blob(*blobs_, bytes_of(content)); }
  bool is_kept(const model::Blob& blob) const { return blobs_->find_size(blob.id).has_value(); }
  void put_asset(const std::string& path, const model::Blob& blob) {
    model::AssetDraft draft{AssetPath::trusted(path), {blob, "", {}, 1, {}, {}, {}}, {}};
    ASSERT_TRUE(assets_->put_assets(std::span(&draft, 1), {}));
  }
  void put_rendition(const model::BlobId& original, const std::string& name, const model::Blob& content, Seconds made) {
    ASSERT_TRUE(renditions_->put({{{original, content.id.hex()}, {name, content, "image/png", 1, 1, "", made}}}));
  }
  void put_download(const std::string& id, const model::BlobId& content, model::ArtifactKind kind) {
    model::Download download;
    download.id = id;
    download.status = model::DownloadStatus::successful;
    download.expires = clock_.now() + std::chrono::hours(1);
    download.artifacts = {{"x.zip", kind, "", 1, 1, content, 0, {}}};
    ASSERT_TRUE(downloads_->put(download));
  }
  model::Blob put_manifest(const model::Blob& content) {
    pipeline::Selection selection;
    selection.entries.resize(1);
    selection.entries[0].content = content;
    return put(pipeline::format_manifest(*pipeline::lay_out({"x.zip", {{"a.jpg", 0}}}, selection)));
  }
  Result<CleanReport> clean(std::vector<model::BlobId> sent = {}) {
    std::atomic<bool> stop = false;
    return service::clean({*blobs_, *assets_, *renditions_, *downloads_, clock_, [&] { return sent; }}, {}, stop);
  }
  void clean_twice() {
    for (int i = 0; i < 2; ++i) {
      auto report = clean();
      ASSERT_TRUE(report) << report.error().message;
    }
  }

  ManualClock clock_{SystemClock().now()};
  std::unique_ptr<model::BlobStore> blobs_ = model::make_memory_blob_store();
  std::unique_ptr<model::AssetRepository> assets_ = model::make_memory_assets();
  std::unique_ptr<model::JobQueue> jobs_ = model::make_memory_jobs();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  std::unique_ptr<model::DownloadRepository> downloads_ = model::make_memory_downloads(*jobs_, *events_);
  std::unique_ptr<model::RenditionRepository> renditions_ = model::make_memory_renditions();
};

TEST_F(CleanerTest, RemovesWhatNothingRefersToTheSecondTime) {
  auto original = put("original"), old_version = put("old version"), lost = put("lost");
  put_asset("/content/dam/a", old_version);
  put_asset("/content/dam/a", original);
  auto report = clean();
  EXPECT_EQ(report->used, 2u);
  EXPECT_EQ(report->blobs.set_aside, 1u);
  EXPECT_TRUE(is_kept(lost));
  EXPECT_EQ(clean()->blobs.removed, 1u);
  EXPECT_FALSE(is_kept(lost));
  EXPECT_TRUE(is_kept(original));
  EXPECT_TRUE(is_kept(old_version));
}

TEST_F(CleanerTest, KeepsWhatAKeptDownloadNeedsUntilItExpires) {
  auto original = put("original"), bare = put("bare");
  put_asset("/content/dam/a", original);
  auto manifest = put_manifest(original);
  put_download("1", manifest.id, model::ArtifactKind::archive);
  put_download("2", bare.id, model::ArtifactKind::file);
  ASSERT_TRUE(assets_->remove(AssetPath::trusted("/content/dam/a")));
  clean_twice();
  for (const auto& blob : {original, bare, manifest}) EXPECT_TRUE(is_kept(blob));
  EXPECT_EQ(*downloads_->expire(clock_.now() + std::chrono::hours(2), 10), 2u);
  clean_twice();
  for (const auto& blob : {original, bare, manifest}) EXPECT_FALSE(is_kept(blob));
}

TEST_F(CleanerTest, KeepsWhatIsBeingSentOfADownloadThatHasGone) {
  auto original = put("original");
  auto manifest = put_manifest(original);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(clean({manifest.id}));
  EXPECT_TRUE(is_kept(original));
  EXPECT_TRUE(is_kept(manifest));
}

TEST_F(CleanerTest, ForgetsRenditionsWithoutAnOriginalAndOldOnesMadeOnDemand) {
  auto original = put("original"), unused = put("without an asset");
  auto gone = sha256_of(bytes_of("gone"));
  put_asset("/content/dam/a", original);
  auto now = clock_.now(), yesterday = now - std::chrono::hours(25), long_ago = now - std::chrono::days(31);
  auto fixed = put("static, old"), asked_for = put("on demand"), old_one = put("on demand, old");
  auto orphan = put("without an original"), young = put("of one that is still there");
  put_rendition(original.id, "cq5dam.web.1280.1280.jpeg", fixed, long_ago);
  put_rendition(original.id, "", asked_for, yesterday);
  put_rendition(original.id, "", old_one, long_ago);
  put_rendition(gone, "cq5dam.web.1280.1280.jpeg", orphan, yesterday);
  put_rendition(unused.id, "cq5dam.web.1280.1280.jpeg", young, yesterday);
  EXPECT_EQ(clean()->renditions, 2u);
  EXPECT_EQ(renditions_->list(original.id)->size(), 2u);
  EXPECT_EQ(clean()->blobs.removed, 3u);
  for (const auto& blob : {fixed, asked_for, young}) EXPECT_TRUE(is_kept(blob));
  for (const auto& blob : {old_one, orphan, unused}) EXPECT_FALSE(is_kept(blob));
  EXPECT_EQ(clean()->renditions, 1u);  // now its original has gone too
}

TEST_F(CleanerTest, RemovesNothingWhereAManifestCannotBeRead) {
  auto lost = put("lost"), damaged = put("not a manifest");
  put_download("1", damaged.id, model::ArtifactKind::archive);
  for (int i = 0; i < 2; ++i) {
    auto report = clean();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Code::corrupt);
    EXPECT_NE(report.error().message.find(damaged.id.hex()), std::string::npos);
  }
  EXPECT_TRUE(is_kept(lost));
}

}  // namespace
}  // namespace dray::service

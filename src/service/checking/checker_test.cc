#include "service/checking/checker.h"

#include <gtest/gtest.h>

#include "model/assets/memory_assets.h"
#include "model/blobs/memory_blob_store.h"
#include "model/downloads/memory_downloads.h"
#include "model/events/memory_events.h"

namespace dray::service {
namespace {

class CheckTest : public testing::Test {
 protected:
  CheckReport check() {
    SilentProgress progress;
    std::atomic<bool> stop = false;
    return *check_everything({*blobs_, *assets_, *renditions_, *downloads_}, Depth::content, progress, stop);
  }
  void put_asset(const model::Blob& blob) {
    model::AssetDraft draft{AssetPath::trusted("/content/dam/a"), {blob, "", {}, 1, {}, {}, {}}, {}};
    ASSERT_TRUE(assets_->put_assets(std::span(&draft, 1), {}));
  }

  std::unique_ptr<model::BlobStore> blobs_ = model::make_memory_blob_store();
  std::unique_ptr<model::AssetRepository> assets_ = model::make_memory_assets();
  std::unique_ptr<model::JobQueue> jobs_ = model::make_memory_jobs();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  std::unique_ptr<model::DownloadRepository> downloads_ = model::make_memory_downloads(*jobs_, *events_);
  std::unique_ptr<model::RenditionRepository> renditions_ = model::make_memory_renditions();
};

TEST_F(CheckTest, IsContentWithWhatIsSound) {
  put_asset(*model::put_blob(*blobs_, bytes_of("content")));
  auto report = check();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.blobs, 1u);
  EXPECT_EQ(report.assets, 1u);
}

TEST_F(CheckTest, NamesAnAssetWithoutItsBlobOrWithAWrongCrc) {
  put_asset({sha256_of(bytes_of("gone")), 4, 0});
  EXPECT_NE(check().problems.at(0).find("/content/dam/a: its blob"), std::string::npos);
  auto blob = *model::put_blob(*blobs_, bytes_of("content"));
  blob.crc32 ^= 1;
  put_asset(blob);
  bool named = false;
  for (const auto& problem : check().problems) named |= problem.find("CRC-32") != std::string::npos;
  EXPECT_TRUE(named);
}

TEST_F(CheckTest, NamesADownloadWhoseManifestIsDamaged) {
  auto blob = *model::put_blob(*blobs_, bytes_of("not a manifest"));
  model::Download download;
  download.id = "1";
  download.artifacts = {{"x.zip", model::ArtifactKind::archive, "", 1, 1, blob.id, 0, {}}};
  ASSERT_TRUE(downloads_->put(download));
  EXPECT_NE(check().problems.at(0).find("download 1, x.zip: a manifest is damaged"), std::string::npos);
}

TEST_F(CheckTest, NamesARenditionWhoseFileIsMissing) {
  auto kept = *model::put_blob(*blobs_, bytes_of("a picture"));
  ASSERT_TRUE(renditions_->put(
      {{{sha256_of({}), "wid=1"}, {"", kept, "image/png", 1, 1, "", {}}},
       {{sha256_of({}), "wid=2"}, {"", {sha256_of(bytes_of("gone")), 4, 0}, "image/png", 1, 1, "", {}}},
       {{sha256_of({}), "wid=3"}, {"", {}, "", 0, 0, "could not be made", {}}}}));
  auto report = check();
  EXPECT_EQ(report.renditions, 2u);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_NE(report.problems[0].find("wid=2"), std::string::npos);
}

}  // namespace
}  // namespace dray::service

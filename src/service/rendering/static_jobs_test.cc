#include "service/rendering/static_jobs.h"

#include <gtest/gtest.h>

#include "model/assets/memory_assets.h"
#include "model/blobs/memory_blob_store.h"

namespace dray::service {
namespace {

// A job may be there before its asset: imports add them in this order, so that no asset is without one.
TEST(StaticJobs, LooksAgainSoonForAnAssetThatIsNotThereYet) {
  ManualClock clock(Seconds(std::chrono::seconds(1000)));
  auto jobs = model::make_memory_jobs();
  auto assets = model::make_memory_assets();
  auto profiles = model::make_memory_processing_profiles();
  auto renditions = model::make_memory_renditions();
  auto blobs = model::make_memory_blob_store();
  WorkerPool no_workers(WorkerPoolConfig{.command = {"/nonexistent"}});
  Renderer renderer({*blobs, *renditions, no_workers, clock}, {});
  StaticJobsParts parts{*jobs, *assets, *profiles, renderer, clock};
  model::Asset asset;
  asset.mime_type = "image/jpeg";
  ASSERT_TRUE(jobs->add({*rendition_job(AssetPath::trusted("/content/dam/a.jpg"), asset)}, clock.now()));
  EXPECT_TRUE(*carry_out_one(parts, {}));
  EXPECT_FALSE(*carry_out_one(parts, {}));
  clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(*carry_out_one(parts, {})) << "a second later";
  int looks = 2;
  for (int second = 0; second < 600; ++second) {
    looks += *carry_out_one(parts, {}) ? 1 : 0;
    clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(looks, 8);
  EXPECT_EQ(*jobs->count(kRenditionJob), model::JobCounts()) << "what does not come at all is forgotten";
}

TEST(StaticJobs, AreForWhatHasRenditions) {
  model::Asset asset;
  auto path = AssetPath::trusted("/content/dam/a");
  for (auto [type, kind] : {std::pair("image/jpeg", kRenditionJob), std::pair("application/pdf", kRenditionJob),
                            std::pair("video/mp4", kFilmJob)}) {
    asset.mime_type = type;
    EXPECT_EQ(rendition_job(path, asset)->kind, kind) << type;
  }
  for (const auto* type : {"text/plain", "image/svg+xml", "audio/mpeg"}) {
    asset.mime_type = type;
    EXPECT_FALSE(rendition_job(path, asset)) << type;
  }
}

}  // namespace
}  // namespace dray::service

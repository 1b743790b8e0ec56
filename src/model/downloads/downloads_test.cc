#include "model/downloads/memory_downloads.h"

#include "model/downloads/testing/conformance.h"

namespace dray::model {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, DownloadRepositoryConformance, testing::Values(DownloadsMaker{[] {
                           return FreshDownloads{nullptr, make_memory_downloads()};
                         }}));

TEST(DownloadStatus, HasAemsFourWords) {
  for (auto name : {"PROCESSING", "SUCCESSFUL", "PARTIALLY_SUCCESSFUL", "FAILED"}) {
    EXPECT_EQ(name_of(*parse_download_status(name)), name);
  }
  EXPECT_FALSE(parse_download_status("DONE"));
}

}  // namespace
}  // namespace dray::model

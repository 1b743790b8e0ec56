#include "model/downloads/memory_downloads.h"

#include "model/downloads/testing/conformance.h"
#include "model/events/memory_events.h"

namespace dray::model {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, DownloadRepositoryConformance, testing::Values(DownloadsMaker{[] {
                           auto jobs = make_memory_jobs();
                           auto events = make_memory_events();
                           auto downloads = make_memory_downloads(*jobs, *events);
                           return FreshDownloads{nullptr, std::move(downloads), std::move(jobs), std::move(events)};
                         }}));

TEST(DownloadStatus, HasAemsFourWords) {
  for (auto name : {"PROCESSING", "SUCCESSFUL", "PARTIALLY_SUCCESSFUL", "FAILED"}) {
    EXPECT_EQ(name_of(*parse_download_status(name)), name);
  }
  EXPECT_FALSE(parse_download_status("DONE"));
}

}  // namespace
}  // namespace dray::model

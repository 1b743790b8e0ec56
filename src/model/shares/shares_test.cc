#include "model/shares/memory_shares.h"
#include "model/shares/testing/conformance.h"

namespace dray::model {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, ShareRepositoryConformance, testing::Values(SharesMaker{[] {
                           std::shared_ptr<JobQueue> jobs = make_memory_jobs();
                           return FreshShares{nullptr, jobs, make_memory_shares(*jobs)};
                         }}));

TEST(Share, IsOpenUntilItExpiresOrIsRevoked) {
  Share share;
  share.expires = Seconds(std::chrono::seconds(100));
  EXPECT_TRUE(share.is_open(Seconds(std::chrono::seconds(99))));
  EXPECT_FALSE(share.is_open(Seconds(std::chrono::seconds(100))));
  share.revoked = Seconds(std::chrono::seconds(50));
  EXPECT_FALSE(share.is_open(Seconds(std::chrono::seconds(60))));
}

}  // namespace
}  // namespace dray::model

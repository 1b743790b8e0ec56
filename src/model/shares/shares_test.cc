#include "model/events/memory_events.h"
#include "model/shares/memory_shares.h"
#include "model/shares/testing/conformance.h"

namespace dray::model {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, ShareRepositoryConformance, testing::Values(SharesMaker{[] {
                           std::shared_ptr<JobQueue> jobs = make_memory_jobs();
                           std::shared_ptr<EventLog> events = make_memory_events();
                           return FreshShares{nullptr, jobs, events, make_memory_shares(*jobs, *events)};
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

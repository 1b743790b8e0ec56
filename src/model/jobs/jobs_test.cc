#include "model/jobs/testing/conformance.h"

namespace dray::model {

INSTANTIATE_TEST_SUITE_P(Memory, JobQueueConformance, testing::Values(JobsMaker{[] {
                           return FreshJobs{nullptr, make_memory_jobs()};
                         }}));

}  // namespace dray::model

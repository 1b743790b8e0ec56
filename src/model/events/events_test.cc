#include "model/events/memory_events.h"

#include "model/events/testing/conformance.h"

namespace dray::model {

INSTANTIATE_TEST_SUITE_P(Memory, EventLogConformance, testing::Values(EventsMaker{[] {
                           return FreshEvents{nullptr, make_memory_events()};
                         }}));

}  // namespace dray::model

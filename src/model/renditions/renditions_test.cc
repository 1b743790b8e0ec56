#include "model/renditions/testing/conformance.h"

namespace dray::model {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RenditionsConformance);
INSTANTIATE_TEST_SUITE_P(
    Memory, RenditionsConformance, testing::Values(RenditionsMaker{[] {
      return FreshRenditions{nullptr, make_memory_renditions(), make_memory_presets(), make_memory_image_profiles()};
    }}));

}  // namespace dray::model

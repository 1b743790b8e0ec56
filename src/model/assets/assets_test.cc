#include "model/assets/memory_assets.h"

#include "model/assets/testing/conformance.h"

namespace dray::model {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, AssetRepositoryConformance, testing::Values(AssetsMaker{[] {
                           return FreshAssets{nullptr, make_memory_assets()};
                         }}));

TEST(SetKind, KnowsAdobesFourSets) {
  EXPECT_EQ(name_of(set_kind_of("CarouselSet")), "Carousel Set");
  EXPECT_EQ(set_kind_of("Image"), SetKind::none);
}

}  // namespace
}  // namespace dray::model

#include "model/renditions/testing/conformance.h"

namespace dray::model {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RenditionsConformance);
INSTANTIATE_TEST_SUITE_P(Memory, RenditionsConformance, testing::Values(RenditionsMaker{[] {
                           return FreshRenditions{nullptr, make_memory_renditions(), make_memory_presets(),
                                                  make_memory_image_profiles(), make_memory_processing_profiles()};
                         }}));

TEST(ProcessingProfile, LooksAtWhatIsExcludedFirst) {
  ProcessingRendition rendition;
  EXPECT_TRUE(applies_to(rendition, "image/jpeg"));
  rendition.include = {"image/*"};
  rendition.exclude = {"image/gif"};
  EXPECT_TRUE(applies_to(rendition, "image/jpeg"));
  EXPECT_FALSE(applies_to(rendition, "image/gif"));
  EXPECT_FALSE(applies_to(rendition, "application/pdf"));
}

TEST(ProcessingProfile, IsTheSameFromItsJson) {
  ProcessingProfile profile{"Web",
                            {{"banner.webp", "webp", 1200, 0, 70, {"image/*"}, {"image/gif"}}},
                            {AssetPath::trusted("/content/dam/x")}};
  EXPECT_EQ(*processing_profile_from_json("Web", to_json(profile)), profile);
  for (const auto* bad : {"[]", R"({"renditions": [{"nme": "x"}]})", R"({"folders": ["no path"]})", R"({"x": 1})"})
    EXPECT_EQ(processing_profile_from_json("Web", *parse_json(bad)).error().code, Code::invalid) << bad;
}

}  // namespace dray::model

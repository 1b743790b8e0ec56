#include "pipeline/renditions/static_renditions.h"

#include <gtest/gtest.h>

namespace dray::pipeline {
namespace {

TEST(StaticRenditions, FollowTheBoxRuleOfAem) {
  constexpr PixelSize kWeb{1280, 1280};
  struct Row {
    PixelSize original, web, thumbnail, small;
  };
  for (const auto& row :
       {Row{{4592, 3448}, {1280, 961}, {319, 239}, {133, 100}}, Row{{5184, 3456}, {1280, 853}, {319, 212}, {140, 93}},
        Row{{4000, 6000}, {853, 1280}, {212, 319}, {66, 100}}, Row{{48, 46}, {48, 46}, {319, 305}, {104, 100}},
        Row{{290, 175}, {290, 175}, {319, 192}, {140, 84}}}) {
    EXPECT_EQ(fit_box(row.original, kWeb, false), row.web);
    EXPECT_EQ(fit_box(row.web, {319, 319}, true), row.thumbnail);
    EXPECT_EQ(fit_box(row.web, {140, 100}, true), row.small);
  }
  EXPECT_EQ(fit_box({10'000, 1}, {48, 48}, true), (PixelSize{48, 1}));
  EXPECT_EQ(fit_box({300, 200}, {150, 0}, false), (PixelSize{150, 100}));
  EXPECT_EQ(fit_box({300, 200}, {0, 0}, false), (PixelSize{300, 200}));
}

TEST(StaticRenditions, AreKnownByTheirNames) {
  auto thumbnail = static_rendition_of("cq5dam.thumbnail.319.319.png");
  ASSERT_TRUE(thumbnail);
  EXPECT_EQ(thumbnail->box, (PixelSize{319, 319}));
  EXPECT_EQ(thumbnail->kind, StaticRendition::Kind::thumbnail);
  EXPECT_EQ(static_rendition_of("cq5dam.web.1280.1280.jpeg"), static_rendition_of("cq5dam.web.1280.1280.png"))
      << "which of them it is shows with the original";
  EXPECT_TRUE(static_rendition_of("cq5dam.zoom.2048.2048.jpeg"));
  for (const auto* name : {"", "original", "cq5dam.thumbnail.319.png", "cq5dam.thumbnail.0.9.png",
                           "cq5dam.thumbnail.5000.5000.png", "cq5dam.web.1e3.9.png", "cq5dam.web.123456.9.jpeg",
                           "cq5dam.thumbnail.9.9.jpeg", "cq5dam.web.-1.9.jpeg", "x.web.9.9.png"})
    EXPECT_FALSE(static_rendition_of(name)) << name;
  EXPECT_EQ(default_static_renditions().size(), 4u);
}

}  // namespace
}  // namespace dray::pipeline

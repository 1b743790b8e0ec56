#include "pipeline/renditions/static_renditions.h"

#include <gtest/gtest.h>

namespace dray::pipeline {
namespace {

PixelSize size_of(std::string_view name, PixelSize original, SourceKind kind, Generation generation) {
  SourceFacts source;
  source.kind = kind;
  source.seen = original;
  return static_size(*static_rendition_of(name, generation), source, generation);
}

TEST(StaticRenditions, HaveTheSizesOfAem65) {
  struct Row {
    PixelSize original, web, thumbnail, small;
  };
  for (const auto& row :
       {Row{{4592, 3448}, {1280, 961}, {319, 239}, {133, 100}}, Row{{5184, 3456}, {1280, 853}, {319, 212}, {140, 93}},
        Row{{4000, 6000}, {853, 1280}, {212, 319}, {66, 100}}, Row{{48, 46}, {48, 46}, {319, 305}, {104, 100}},
        Row{{290, 175}, {290, 175}, {319, 192}, {140, 84}}}) {
    auto size = [&](std::string_view name) {
      return size_of(name, row.original, SourceKind::jpeg, Generation::classic);
    };
    EXPECT_EQ(size("cq5dam.web.1280.1280.jpeg"), row.web);
    EXPECT_EQ(size("cq5dam.thumbnail.319.319.png"), row.thumbnail);
    EXPECT_EQ(size("cq5dam.thumbnail.140.100.png"), row.small);
  }
}

TEST(StaticRenditions, HaveTheSizesOfAemAsACloudService) {
  struct Row {
    SourceKind kind;
    PixelSize original, web, thumbnail, small, smallest;
  };
  using enum SourceKind;
  for (const auto& row : {Row{jpeg, {1620, 1080}, {1280, 853}, {319, 213}, {140, 94}, {48, 32}},
                          Row{jpeg, {1810, 1207}, {1280, 854}, {319, 212}, {140, 93}, {48, 32}},
                          Row{png, {765, 535}, {765, 535}, {319, 223}, {140, 98}, {48, 33}},
                          Row{png, {1165, 654}, {1165, 654}, {319, 179}, {140, 79}, {48, 27}},
                          Row{pdf, {612, 792}, {989, 1280}, {247, 319}, {77, 100}, {37, 48}}}) {
    auto size = [&](std::string_view name) { return size_of(name, row.original, row.kind, Generation::cloud); };
    EXPECT_EQ(size("cq5dam.web.1280.1280.jpeg"), row.web);
    EXPECT_EQ(size("cq5dam.thumbnail.319.319.png"), row.thumbnail);
    EXPECT_EQ(size("cq5dam.thumbnail.140.100.png"), row.small);
    EXPECT_EQ(size("cq5dam.thumbnail.48.48.png"), row.smallest);
  }
  EXPECT_EQ(size_of("cq5dam.zoom.2048.2048.jpeg", {1620, 1080}, jpeg, Generation::cloud), (PixelSize{1620, 1080}));
}

TEST(StaticRenditions, FitBoxes) {
  EXPECT_EQ(fit_box({10'000, 1}, {48, 48}, true), (PixelSize{48, 1}));
  EXPECT_EQ(fit_box({300, 200}, {150, 0}, false), (PixelSize{150, 100}));
  EXPECT_EQ(fit_box({300, 200}, {0, 0}, false), (PixelSize{300, 200}));
}

TEST(StaticRenditions, AreKnownByTheirNames) {
  auto known = [](std::string_view name, Generation generation = Generation::cloud) {
    return static_rendition_of(name, generation);
  };
  auto thumbnail = known("cq5dam.thumbnail.319.319.png");
  ASSERT_TRUE(thumbnail);
  EXPECT_EQ(thumbnail->box, (PixelSize{319, 319}));
  EXPECT_EQ(thumbnail->kind, StaticRendition::Kind::thumbnail);
  EXPECT_EQ(known("cq5dam.web.1280.1280.jpeg", Generation::classic),
            known("cq5dam.web.1280.1280.png", Generation::classic))
      << "which of them it is shows with the original";
  EXPECT_EQ(known("cq5dam.web.1280.1280.jpeg")->kind, StaticRendition::Kind::format);
  EXPECT_EQ(known("cq5dam.web.1280.1280.png")->kind, StaticRendition::Kind::alpha);
  EXPECT_TRUE(known("cq5dam.zoom.2048.2048.jpeg"));
  for (const auto* name : {"", "original", "cq5dam.thumbnail.319.png", "cq5dam.thumbnail.0.9.png",
                           "cq5dam.thumbnail.5000.5000.png", "cq5dam.web.1e3.9.png", "cq5dam.web.123456.9.jpeg",
                           "cq5dam.thumbnail.9.9.jpeg", "cq5dam.web.-1.9.jpeg", "x.web.9.9.png"})
    EXPECT_FALSE(known(name)) << name;
  EXPECT_EQ(default_static_renditions(Generation::classic).size(), 4u);
  EXPECT_EQ(default_static_renditions(Generation::cloud).size(), 5u);
}

}  // namespace
}  // namespace dray::pipeline

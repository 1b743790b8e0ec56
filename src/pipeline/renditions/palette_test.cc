#include "pipeline/renditions/palette.h"

#include <gtest/gtest.h>

#include <set>

namespace dray::pipeline {
namespace {

constexpr PixelSize kSize{64, 32};

// A ramp of colours, the left half of it transparent where that is asked for.
std::vector<std::byte> ramp(bool transparent = false) {
  std::vector<std::byte> rgba;
  for (int y = 0; y < kSize.height; ++y) {
    for (int x = 0; x < kSize.width; ++x) {
      for (int value : {x * 4, y * 8, (x * y) % 256, transparent && x < kSize.width / 2 ? 0 : 255})
        rgba.push_back(static_cast<std::byte>(value));
    }
  }
  return rgba;
}

std::set<int> levels(const IndexedPicture& picture) {
  std::set<int> found;
  for (auto index : picture.pixels) {
    const auto& color = picture.palette[index];
    if (color.alpha > 0) found.insert({color.red, color.green, color.blue});
  }
  return found;
}

is::Quantize quantize(is::Quantize::Palette palette, int colors, std::vector<std::string> listed = {},
                      bool diffuse = false) {
  is::Quantize how;
  how.palette = palette;
  how.colors = colors;
  how.listed = std::move(listed);
  how.diffuse = diffuse;
  return how;
}

TEST(Palette, HasTheWebsColoursOnly) {
  for (bool diffuse : {false, true}) {
    auto picture = make_indexed(ramp(), kSize, quantize(is::Quantize::Palette::web, 256, {}, diffuse), false, true);
    for (int level : levels(picture)) EXPECT_EQ(level % 51, 0);
  }
}

TEST(Palette, HasTheColoursThatAreListed) {
  auto how = quantize(is::Quantize::Palette::adaptive, 2, {"000000", "ffffff"});
  auto picture = make_indexed(ramp(true), kSize, how, true, true);
  EXPECT_EQ(levels(picture), (std::set{0, 255}));
  EXPECT_EQ(picture.palette.size(), 3u) << "and one for what is transparent";
  EXPECT_EQ(picture.palette[picture.pixels[0]].alpha, 0);
  EXPECT_EQ(picture.palette[picture.pixels[63]].alpha, 255);
  how.colors = 16;
  picture = make_indexed(ramp(), kSize, how, false, true);
  std::set<std::tuple<int, int, int>> colors;
  for (const auto& color : picture.palette) colors.insert({color.red, color.green, color.blue});
  EXPECT_TRUE(colors.contains({0, 0, 0}) && colors.contains({255, 255, 255}));
  EXPECT_LE(colors.size(), 16u);
}

TEST(Palette, KeepsWithinTheNumberOfColours) {
  for (int colors : {2, 3, 17, 256}) {
    auto picture =
        make_indexed(ramp(true), kSize, quantize(is::Quantize::Palette::adaptive, colors, {}, true), true, false);
    EXPECT_LE(picture.palette.size(), static_cast<std::size_t>(colors));
    EXPECT_EQ(picture.pixels.size(), 64u * 32u);
    for (auto index : picture.pixels) ASSERT_LT(index, picture.palette.size());
  }
  EXPECT_LE(make_indexed(ramp(), kSize, quantize(is::Quantize::Palette::mac, 256), false, true).palette.size(), 256u);
}

TEST(Palette, IsWrittenAsGifAndPng) {
  auto picture = make_indexed(ramp(true), kSize, quantize(is::Quantize::Palette::web, 256), true, true);
  auto gif = format_gif(picture);
  EXPECT_TRUE(gif.starts_with("GIF89a"));
  EXPECT_EQ(gif.back(), ';');
  auto png = format_png8(picture, 11'811, "");
  EXPECT_TRUE(png.starts_with("\x89PNG"));
  for (const auto* name : {"IHDR", "PLTE", "tRNS", "pHYs", "IDAT", "IEND"}) EXPECT_NE(png.find(name), png.npos) << name;
  EXPECT_EQ(png.find("iCCP"), png.npos);
}

}  // namespace
}  // namespace dray::pipeline

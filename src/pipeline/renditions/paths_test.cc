#include "pipeline/renditions/paths.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "pipeline/renditions/testing/photoshop.h"

namespace dray::pipeline {
namespace {

// The corners of the first path, in thousandths of width and height.
using Corners = std::vector<std::array<long, 2>>;
Corners corners_of(const std::string& resources) {
  Corners corners;
  auto at = resources.find("8BIM") + 12;
  auto length = photoshop::number_at(resources, at - 4);
  for (auto end = at + length; at + 26 <= end; at += 26) {
    if (photoshop::number_at(resources, at) >> 16 != 1) continue;
    auto fraction = [&](std::size_t offset) {
      return std::lround(static_cast<std::int32_t>(photoshop::number_at(resources, at + offset)) / 16777.216);
    };
    corners.push_back({fraction(14), fraction(10)});
  }
  return corners;
}

Corners carried(std::string_view query, PixelSize source) {
  auto reading = is::read_query(query, is::no_macro);
  auto geometry = make_geometry(reading->recipe, source, ImageSettings());
  return corners_of(carry_paths(photoshop::path_resource(), mapping_of(*geometry, source)));
}

TEST(Paths, GoWithTheImage) {
  constexpr PixelSize kSource{400, 200};
  EXPECT_EQ(carried("wid=200", kSource), (Corners{{250, 250}, {750, 250}, {750, 750}, {250, 750}}));
  EXPECT_EQ(carried("crop=100,0,200,200", kSource), (Corners{{0, 250}, {1000, 250}, {1000, 750}, {0, 750}}));
  EXPECT_EQ(carried("flip=lr", kSource), (Corners{{750, 250}, {250, 250}, {250, 750}, {750, 750}}));
  EXPECT_EQ(carried("flip=ud", kSource), (Corners{{250, 750}, {750, 750}, {750, 250}, {250, 250}}));
  EXPECT_EQ(carried("rotate=90", kSource), (Corners{{750, 250}, {750, 750}, {250, 750}, {250, 250}}));
  EXPECT_EQ(carried("extend=200,0,200,0", kSource), (Corners{{375, 250}, {625, 250}, {625, 750}, {375, 750}}));
  EXPECT_EQ(carried("rgn=0,0,200,100", kSource), (Corners{{500, 500}, {1500, 500}, {1500, 1500}, {500, 1500}}));
  EXPECT_EQ(carried("wid=200&hei=200&fit=fit,1", kSource), (Corners{{250, 375}, {750, 375}, {750, 625}, {250, 625}}))
      << "of the square that is seen";
}

TEST(Paths, GoWithTheOrientation) {
  auto corner_of = [](int orientation) {
    auto mapping = mapping_of_orientation(orientation);
    return std::array{std::lround(1000 * (0.25 * mapping.x_of_x + 0.1 * mapping.x_of_y + mapping.x)),
                      std::lround(1000 * (0.25 * mapping.y_of_x + 0.1 * mapping.y_of_y + mapping.y))};
  };
  EXPECT_EQ(corner_of(1), (std::array{250L, 100L}));
  EXPECT_EQ(corner_of(2), (std::array{750L, 100L}));
  EXPECT_EQ(corner_of(3), (std::array{750L, 900L}));
  EXPECT_EQ(corner_of(4), (std::array{250L, 900L}));
  EXPECT_EQ(corner_of(5), (std::array{100L, 250L}));
  EXPECT_EQ(corner_of(6), (std::array{900L, 250L}));  // its left side becomes the top
  EXPECT_EQ(corner_of(7), (std::array{900L, 750L}));
  EXPECT_EQ(corner_of(8), (std::array{100L, 750L}));
}

TEST(Paths, KeepTheClippingPathsNameAndNothingElse) {
  auto resources = photoshop::resource(1005, "resolution.") + photoshop::path_resource() +
                   photoshop::resource(2999, std::string("\x06Path 1", 7));
  EXPECT_EQ(carry_paths(resources, {}),
            photoshop::path_resource() + photoshop::resource(2999, std::string("\x06Path 1", 7)));
  EXPECT_EQ(carry_paths(photoshop::resource(2999, std::string("\x06Path 1", 7)), {}), "");
}

TEST(Paths, LeaveOutWhatIsOpen) {
  auto open = photoshop::path_records();
  for (std::size_t at = 0; at < open.size(); at += 26) {
    if (open[at + 1] < 3) open[at + 1] = static_cast<char>(open[at + 1] + 3);
  }
  EXPECT_EQ(carry_paths(photoshop::resource(2000, open), {}), "");
  EXPECT_EQ(carry_paths(photoshop::resource(2000, open + photoshop::path_records()), {}).size(),
            photoshop::path_resource().size() + 26);  // the rule of filling stands in both
}

TEST(Paths, TakeRubbish) {
  auto whole = photoshop::resource(1005, "x") + photoshop::path_resource();
  for (std::size_t length = 0; length < whole.size(); ++length) carry_paths(whole.substr(0, length), {});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (char value : {'\0', '\x7f', '\xff'}) {
      auto changed = whole;
      changed[at] = value;
      carry_paths(changed, {1e9, 0, 0, 0, -1e9, 0});
    }
  }
}

TEST(Paths, AreFoundInAPsd) {
  std::string file = std::string("8BPS").append(22, '\0') + std::string("\0\0\0\3abc", 7);
  auto resources = photoshop::path_resource();
  auto with = file + std::string("\0\0\0", 3) + static_cast<char>(resources.size()) + resources + "layers";
  EXPECT_EQ(image_resources_of_psd(with), resources);
  for (std::size_t length = 0; length < with.size(); ++length)
    image_resources_of_psd(std::string_view(with).substr(0, length));
}

}  // namespace
}  // namespace dray::pipeline

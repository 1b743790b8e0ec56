#include "pipeline/renditions/geometry.h"

#include <gtest/gtest.h>

#include <ostream>

namespace dray::pipeline {

void PrintTo(const PixelSize& size, std::ostream* out) { *out << size.width << "x" << size.height; }
void PrintTo(const PixelBox& box, std::ostream* out) {
  *out << box.size.width << "x" << box.size.height << " at " << box.at.x << "," << box.at.y;
}

namespace {

constexpr PixelSize kLandscape{1200, 800}, kLarge{4000, 3000}, kSmall{300, 200};

Result<Geometry> geometry_of(PixelSize source, std::string_view query, const ImageSettings& settings = {},
                             ViewKind kind = ViewKind::image) {
  auto reading = is::read_query(query, is::no_macro);
  EXPECT_TRUE(reading) << query << ": " << reading.error().message;
  return make_geometry(reading->recipe, source, settings, kind);
}

PixelSize reply_to(PixelSize source, std::string_view query) {
  auto geometry = geometry_of(source, query);
  EXPECT_TRUE(geometry) << query << ": " << geometry.error().message;
  return geometry ? geometry->reply() : PixelSize();
}

TEST(Geometry, FollowsTheSideThatIsAskedFor) {
  EXPECT_EQ(reply_to(kLandscape, "wid=600"), (PixelSize{600, 400}));
  EXPECT_EQ(reply_to(kLandscape, "wid=500"), (PixelSize{500, 333}));
  EXPECT_EQ(reply_to(kLandscape, "hei=1"), (PixelSize{2, 1}));
  EXPECT_EQ(reply_to(kSmall, "wid=600"), kSmall) << "nothing is enlarged that need not be";
  EXPECT_EQ(reply_to(kSmall, "wid=600&fit=fit,1"), (PixelSize{600, 400}));
  EXPECT_FALSE(geometry_of({3, 10'000}, "wid=2")) << "too high";
}

TEST(Geometry, FitsIntoABoxInEveryWay) {
  struct Row {
    const char* query;
    PixelSize scaled, reply;
  };
  for (const auto& row : std::initializer_list<Row>{
           {"wid=300&hei=300", {300, 200}, {300, 300}},
           {"wid=300&hei=300&fit=constrain", {300, 200}, {300, 200}},
           {"wid=300&hei=300&fit=crop", {450, 300}, {300, 300}},
           {"wid=300&hei=300&fit=wrap", {450, 300}, {450, 300}},
           {"wid=300&hei=300&fit=stretch", {300, 300}, {300, 300}},
           {"wid=300&hei=300&fit=hfit", {300, 200}, {300, 300}},
           {"wid=300&hei=300&fit=vfit", {450, 300}, {300, 300}},
       }) {
    auto geometry = geometry_of(kLandscape, row.query);
    ASSERT_TRUE(geometry) << row.query;
    EXPECT_EQ(geometry->scaled, row.scaled) << row.query;
    EXPECT_EQ(geometry->reply(), row.reply) << row.query;
  }
}

TEST(Geometry, LeavesSmallImagesAsTheyAreUnlessToldOtherwise) {
  struct Row {
    const char* query;
    PixelSize scaled, reply;
  };
  for (const auto& row : std::initializer_list<Row>{
           {"wid=600&hei=600&fit=fit,0", {300, 200}, {600, 600}},
           {"wid=600&hei=600&fit=fit,1", {600, 400}, {600, 600}},
           {"wid=600&hei=600&fit=constrain,0", {300, 200}, {300, 200}},
           {"wid=600&hei=600&fit=wrap,1", {900, 600}, {900, 600}},
           {"wid=600&hei=600&fit=crop,1", {900, 600}, {600, 600}},
           {"wid=600&hei=600&fit=stretch,0", {300, 200}, {600, 600}},
           {"scl=0.5", {600, 400}, {600, 400}},
       }) {
    auto geometry = geometry_of(kSmall, row.query);
    ASSERT_TRUE(geometry) << row.query;
    EXPECT_EQ(geometry->scaled, row.scaled) << row.query;
    EXPECT_EQ(geometry->reply(), row.reply) << row.query;
  }
}

TEST(Geometry, AlignsWhatIsPaddedAndWhatIsCut) {
  EXPECT_EQ(geometry_of(kLandscape, "wid=200&hei=200")->canvas.at, (Position{0, -34}));
  EXPECT_EQ(geometry_of(kLandscape, "wid=200&hei=200&align=0,-1")->canvas.at, (Position{0, 0}));
  EXPECT_EQ(geometry_of(kLandscape, "wid=200&hei=200&align=0,1")->canvas.at, (Position{0, -67}));
  EXPECT_EQ(geometry_of(kLandscape, "wid=300&hei=300&fit=crop&align=-1,0")->canvas.at, (Position{0, 0}));
  EXPECT_EQ(geometry_of(kLandscape, "wid=300&hei=300&fit=crop&align=1,0")->canvas.at, (Position{150, 0}));
  EXPECT_EQ(geometry_of(kLandscape, "scl=1&wid=1400&hei=1000")->canvas.at, (Position{-100, -100}));
}

TEST(Geometry, TakesTheDefaultSizeOnlyWhereNoneIsAskedFor) {
  EXPECT_EQ(reply_to(kLarge, ""), (PixelSize{1280, 960}));
  EXPECT_EQ(reply_to(kLandscape, ""), kLandscape);
  EXPECT_EQ(reply_to({2000, 2400}, "scl=1"), (PixelSize{2000, 2400}));
  EXPECT_EQ(reply_to(kLandscape, "scl=3"), (PixelSize{400, 267}));
}

TEST(Geometry, WorksThroughTheLayerInItsOrder) {
  EXPECT_EQ(reply_to(kLandscape, "crop=600,400,600,400"), (PixelSize{600, 400}));
  EXPECT_EQ(reply_to(kLandscape, "cropN=0.1,0,0.8,1"), (PixelSize{960, 800}));
  EXPECT_EQ(reply_to(kLandscape, "crop=-20,-20,1240,840"), (PixelSize{1240, 840}));
  EXPECT_EQ(reply_to(kLandscape, "size=200,200"), (PixelSize{200, 133}));
  EXPECT_EQ(reply_to(kLandscape, "scale=0.5&size=300,0"), (PixelSize{300, 200})) << "size beats scale";
  EXPECT_EQ(reply_to(kLandscape, "scale=0.5&res=18"), (PixelSize{600, 400})) << "scale beats res";
  EXPECT_EQ(reply_to(kLandscape, "res=36"), (PixelSize{600, 400}));
  EXPECT_EQ(reply_to(kLandscape, "extend=5,5,5,5"), (PixelSize{1210, 810}));
  EXPECT_EQ(reply_to(kLandscape, "crop=0,0,600,400&flip=lr&extend=10,0,0,0"), (PixelSize{610, 400}));
  EXPECT_EQ(reply_to(kLandscape, "crop=0,0,600,400&rotate=90"), (PixelSize{400, 600}));
  EXPECT_EQ(reply_to(kLandscape, "rotate=30&scl=1"), (PixelSize{1439, 1293}));
  EXPECT_EQ(reply_to(kLandscape, "size=600,0&rotate=30"), (PixelSize{720, 646}));
  EXPECT_EQ(reply_to(kLandscape, "rgn=600,0,600,400"), (PixelSize{600, 400}));
}

TEST(Geometry, CutsTilesFromTheFinishedView) {
  EXPECT_EQ(reply_to(kLandscape, "wid=600&rect=0,0,100,100"), (PixelSize{100, 100}));
  EXPECT_EQ(reply_to(kLandscape, "wid=600&rect=0,0,300,200,0.5"), (PixelSize{300, 200}));
  EXPECT_EQ(geometry_of(kLandscape, "wid=600&rect=0,0,300,200,0.5")->scaled, (PixelSize{300, 200}));
}

TEST(Geometry, MultipliesByThePixelRatioWithinTheLimit) {
  EXPECT_EQ(reply_to(kLarge, "wid=816&hei=500&dpr=on,3"), (PixelSize{2448, 1500}));
  EXPECT_EQ(reply_to(kLarge, "wid=816&hei=500&dpr=on,4"), (PixelSize{3000, 1838}));
}

TEST(Geometry, MakesThumbnailsOfTwoTypes) {
  ImageSettings settings;
  auto fit = geometry_of(kLandscape, "wid=100&hei=100", settings, ViewKind::thumbnail);
  EXPECT_EQ(fit->reply(), (PixelSize{100, 100}));
  EXPECT_EQ(fit->scaled, (PixelSize{100, 67}));
  settings.thumbnail = ThumbnailType::crop;
  EXPECT_EQ(geometry_of(kLandscape, "", settings, ViewKind::thumbnail)->scaled, (PixelSize{150, 100}));
}

TEST(Geometry, RefusesWhatIsTooLarge) {
  for (const auto* query : {"wid=3001", "scl=1", "hei=3000&fit=wrap&wid=3001"})
    EXPECT_EQ(geometry_of(kLarge, query).error().code, Code::invalid) << query;
  EXPECT_EQ(geometry_of(kLandscape, "scl=0.3").error().message,
            "the image would have 4000 x 2667 pixels, and 3000 x 3000 are allowed; ask for less with wid, hei or scl");
  for (const auto* query : {"scale=1000000", "crop=0,0,1000000,1000000", "rect=0,0,100000,100000", "rect=0,0,5000,5000",
                            "extend=-600,0,-600,0", "rotate=30&scale=100", "rgn=0,0,1000000,1000000",
                            "extendN=1000000,1000000,1000000,1000000"})
    EXPECT_FALSE(geometry_of(kLandscape, query)) << query;
}

TEST(Geometry, KnowsHowMuchIsReduced) {
  EXPECT_DOUBLE_EQ(reduction_of(*geometry_of(kLarge, "wid=400")), 10);
  EXPECT_DOUBLE_EQ(reduction_of(*geometry_of(kLarge, "crop=0,0,2000,1500&wid=500")), 4);
  EXPECT_DOUBLE_EQ(reduction_of(*geometry_of(kLarge, "size=1000,0")), 4);
  EXPECT_DOUBLE_EQ(reduction_of(*geometry_of(kSmall, "wid=600&fit=fit,1")), 0.5);
}

}  // namespace
}  // namespace dray::pipeline

#include "pipeline/renditions/engine.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdlib>

#include "base/file.h"
#include "base/unique_fd.h"
#include "pipeline/renditions/paths.h"
#include "pipeline/renditions/profiles.h"
#include "pipeline/renditions/static_renditions.h"
#include "pipeline/renditions/testing/photoshop.h"

namespace dray::pipeline {
namespace {

using vips::VImage;

// Four flat quarters of 400 x 300 pixels.
VImage quarters(int bands = 3) {
  auto flat = [&](double red, double green, double blue) {
    std::vector<double> values{red, green, blue, 255};
    values.resize(static_cast<std::size_t>(bands));
    return VImage::black(200, 150, VImage::option()->set("bands", bands))
        .linear(std::vector<double>(values.size(), 1), values)
        .cast(VIPS_FORMAT_UCHAR);
  };
  auto image = VImage::arrayjoin({flat(200, 30, 40), flat(30, 160, 60), flat(40, 60, 200), flat(128, 128, 128)},
                                 VImage::option()->set("across", 2));
  return image.copy(
      VImage::option()->set("interpretation", bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB));
}

std::string take(VipsBlob* blob) {
  std::size_t size = 0;
  const auto* bytes = static_cast<const char*>(vips_blob_get(blob, &size));
  std::string text(bytes, size);
  vips_area_unref(VIPS_AREA(blob));
  return text;
}

std::string jpeg_with_path() {
  auto jpeg = take(quarters().jpegsave_buffer());
  auto segment = std::string(kPhotoshopSegment) + photoshop::path_resource();
  return jpeg.substr(0, 2) + "\xff\xed" + photoshop::number(static_cast<unsigned>(segment.size()) + 2, 2) + segment +
         jpeg.substr(2);
}

class Engine : public testing::Test {
 protected:
  static void SetUpTestSuite() { prepare_vips(1); }

  Result<Source> open(const std::string& content, std::string_view mime_type = "") {
    file_ = UniqueFd(::memfd_create("source", 0));
    EXPECT_TRUE(write_at(file_.get(), 0, bytes_of(content), "source"));
    return Source::open(file_.get(), content.size(), mime_type, limits_, settings_);
  }
  std::string png(VImage image = quarters()) { return take(image.pngsave_buffer()); }

  Result<Rendered> make(std::string_view query, Subject subject = Subject::image) {
    auto source = open(png_.empty() ? png() : png_);
    EXPECT_TRUE(source) << source.error().message << source.error().detail;
    auto reading = is::read_query(query, is::no_macro);
    EXPECT_TRUE(reading) << reading.error().message;
    return render(*source, reading->recipe, subject, settings_);
  }
  std::vector<double> pixel(std::string_view query, int x, int y) {
    auto made = make(std::string(query) + "&fmt=png-alpha");
    EXPECT_TRUE(made) << made.error().message << made.error().detail;
    if (!made) return {};
    auto blob = vips_blob_copy(made->content.data(), made->content.size());
    auto image = VImage::pngload_buffer(blob);
    auto value = image.getpoint(x, y);
    vips_area_unref(VIPS_AREA(blob));
    return value;
  }
  void expect_near(const std::vector<double>& got, std::vector<double> wanted, double by = 2) {
    ASSERT_GE(got.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(got[i], wanted[i], by) << "component " << i;
  }

  ImageSettings settings_;
  ImageLimits limits_;
  std::string png_;
  UniqueFd file_;
};

TEST_F(Engine, CropsTurnsAndMirrorsInTheDocumentedOrder) {
  expect_near(pixel("", 10, 10), {200, 30, 40, 255});
  expect_near(pixel("crop=200,0,200,150", 10, 10), {30, 160, 60});
  expect_near(pixel("rotate=90", 10, 10), {40, 60, 200});
  expect_near(pixel("flip=lr", 10, 10), {30, 160, 60});
  expect_near(pixel("flip=lr&rotate=90", 10, 10), {200, 30, 40});
  expect_near(pixel("crop=0,0,200,150&extend=10,0,0,0&bgColor=0000ff&flip=lr", 205, 10), {0, 0, 255, 255});
  expect_near(pixel("crop=-20,-20,440,340", 5, 5), {0, 0, 0, 0});
  expect_near(pixel("crop=1000,1000,20,20", 5, 5), {0, 0, 0, 0});
  expect_near(pixel("rgn=300,0,200,150", 150, 10), {0, 0, 0, 0});
}

TEST_F(Engine, AppliesOperations) {
  expect_near(pixel("op_invert=1", 10, 10), {55, 225, 215, 255});
  expect_near(pixel("op_brightness=50", 390, 290), {192, 192, 192});
  expect_near(pixel("op_contrast=-100", 10, 10), {128, 128, 128});
  expect_near(pixel("op_saturation=-100", 10, 10), {82, 82, 82});
  expect_near(pixel("op_hue=120", 10, 10), {40, 200, 30}, 3);
  expect_near(pixel("op_colorbalance=100,0,0", 390, 290), {255, 128, 128});
  expect_near(pixel("op_colorize=ff0000,off", 390, 290), {255, 0, 0}, 6);
  expect_near(pixel("opac=50", 10, 10), {200, 30, 40, 128});
  expect_near(pixel("op_grow=10", 195, 10), {200, 160, 60}, 3);
  expect_near(pixel("op_grow=10", 189, 10), {200, 30, 40}, 3);
  expect_near(pixel("op_grow=-37", 200, 10), {30, 30, 40}, 3);
  expect_near(pixel("op_grow=-37", 238, 10), {30, 160, 60}, 3);
  expect_near(pixel("op_blur=8", 200, 10), {115, 95, 50}, 10);
  expect_near(pixel("op_blur=59", 200, 75), {115, 95, 50}, 8);  // 30 pixels of standard deviation
  expect_near(pixel("op_blur=59", 230, 75), {57, 139, 57}, 8);
  EXPECT_EQ(make("op_noise=20&fmt=png")->content, make("op_noise=20&fmt=png")->content) << "the same noise every time";
}

TEST_F(Engine, SaysWhatItHasMade) {
  auto made = make("wid=100&fmt=tif,cmyk,lzw&printRes=300");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->size, (PixelSize{100, 75}));
  EXPECT_EQ(made->mime_type, "image/tiff");
  EXPECT_EQ(made->type, is::PixelType::cmyk);
  EXPECT_EQ(made->resolution, 300);
  EXPECT_EQ(make("", Subject::mask)->type, is::PixelType::gray);
  EXPECT_EQ(make("wid=50&hei=50", Subject::thumbnail)->size, (PixelSize{50, 50}));
}

TEST_F(Engine, WritesEveryFormat) {
  for (auto [query, start] :
       {std::pair("fmt=jpeg", "\xff\xd8\xff"), std::pair("fmt=pjpeg&pscan=5", "\xff\xd8\xff"),
        std::pair("fmt=png", "\x89PNG"), std::pair("fmt=png8-alpha", "\x89PNG"), std::pair("fmt=gif-alpha", "GIF89a"),
        std::pair("fmt=tif-alpha,,zip", "II*"), std::pair("fmt=tif,gray,jpeg", "II*"),
        std::pair("fmt=pdf,cmyk,zip", "%PDF-1.4"), std::pair("fmt=pdf,,jpeg", "%PDF-1.4"),
        std::pair("fmt=eps,gray", "%!PS-Adobe-3.0 EPSF"), std::pair("fmt=webp,,lossless", "RIFF")}) {
    auto made = make(query);
    ASSERT_TRUE(made) << query << ": " << made.error().message << made.error().detail;
    EXPECT_TRUE(made->content.starts_with(start)) << query;
  }
}

TEST_F(Engine, KeepsAJpegWithinItsSize) {
  png_ = png(VImage::gaussnoise(400, 300, VImage::option()->set("mean", 128)->set("sigma", 50)->set("seed", 1))
                 .cast(VIPS_FORMAT_UCHAR)
                 .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_B_W)));
  auto small = make("jpegSize=20");
  ASSERT_TRUE(small) << small.error().message;
  EXPECT_LE(small->content.size(), 20u * 1024);
  EXPECT_EQ(make("jpegSize=1").error().code, Code::invalid);
  EXPECT_TRUE(make("jpegSize=1&fmt=png"));
}

TEST_F(Engine, TurnsPicturesAsTheyAreSeen) {
  auto image = quarters();
  image.set(VIPS_META_ORIENTATION, 6);
  png_ = take(image.jpegsave_buffer(VImage::option()->set("Q", 95)));
  EXPECT_EQ(make("")->size, (PixelSize{300, 400}));
  expect_near(pixel("", 10, 10), {40, 60, 200}, 6);
  settings_.orients = false;
  EXPECT_EQ(make("")->size, (PixelSize{400, 300}));
}

// Read at half its size, the part begins and ends between pixels.
TEST_F(Engine, LeavesNoLineAtTheEdgeOfACrop) {
  auto image = VImage::black(1002, 1000)
                   .linear({1, 1, 1}, {10, 20, 30})
                   .cast(VIPS_FORMAT_UCHAR)
                   .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  png_ = take(image.jpegsave_buffer(VImage::option()->set("Q", 100)));
  for (const auto* query :
       {"crop=333,333,669,667&wid=150", "rgn=333,333,669,667&wid=150", "extend=-333,-333,0,0&wid=150"}) {
    auto size = make(query)->size;
    expect_near(pixel(query, size.width - 1, size.height - 1), {10, 20, 30, 255}, 3);
    expect_near(pixel(query, 0, 0), {10, 20, 30, 255}, 3);
  }
}

TEST_F(Engine, ReadsPicturesOfFewAndManyBands) {
  for (int bands : {1, 2, 3, 4, 5, 6}) {
    auto image =
        VImage::black(40, 30, VImage::option()->set("bands", bands)).linear({1}, {100}).cast(VIPS_FORMAT_UCHAR);
    for (auto interpretation : {VIPS_INTERPRETATION_MULTIBAND, VIPS_INTERPRETATION_sRGB, VIPS_INTERPRETATION_CMYK}) {
      auto tiff = take(image.copy(VImage::option()->set("interpretation", interpretation)).tiffsave_buffer());
      auto source = open(tiff);
      if (!source) continue;
      auto reading = is::read_query("op_hue=20&op_noise=5&fmt=gif", is::no_macro);
      auto made = render(*source, reading->recipe, Subject::image, settings_);  // a picture or a reason, and no fall
      if (!made) {
        EXPECT_EQ(made.error().code, Code::invalid) << bands;
      }
    }
  }
}

TEST_F(Engine, RefusesWhatItMayNotRead) {
  EXPECT_EQ(open("words").error().code, Code::invalid);
  EXPECT_EQ(open("").error().code, Code::invalid);
  EXPECT_EQ(open(png(), "image/jpeg").error().message, "the file says it is image/jpeg, but holds PNG");
  EXPECT_EQ(open(png().substr(0, 20)).error().code, Code::invalid);
  limits_.pixels = 1000;
  EXPECT_NE(open(png()).error().message.find("400 x 300"), std::string::npos);
  limits_ = {};
  limits_.side = 399;
  EXPECT_NE(open(png()).error().message.find("a side may have 399"), std::string::npos);
}

TEST_F(Engine, SaysThatAFileIsCut) {
  auto whole = png(quarters().resize(8));
  auto source = open(whole.substr(0, whole.size() / 2));
  ASSERT_TRUE(source);
  auto reading = is::read_query("wid=300", is::no_macro);
  EXPECT_EQ(render(*source, reading->recipe, Subject::image, settings_).error().code, Code::invalid);
  EXPECT_EQ(render_static(*source, default_static_renditions(Generation::classic), settings_).error().code,
            Code::invalid);
}

TEST_F(Engine, MakesTheStaticRenditionsTogether) {
  settings_.static_renditions = Generation::classic;
  auto source = open(png(quarters().resize(10)));
  auto made = render_static(*source, default_static_renditions(Generation::classic), settings_);
  ASSERT_TRUE(made) << made.error().message << made.error().detail;
  std::vector<std::pair<std::string, PixelSize>> got;
  for (const auto& item : *made) got.emplace_back(item.name, item.rendered.size);
  EXPECT_EQ(got, (std::vector<std::pair<std::string, PixelSize>>{{"cq5dam.thumbnail.48.48.png", {48, 36}},
                                                                 {"cq5dam.thumbnail.140.100.png", {133, 100}},
                                                                 {"cq5dam.thumbnail.319.319.png", {319, 239}},
                                                                 {"cq5dam.web.1280.1280.jpeg", {1280, 960}}}));
  source = open(png(quarters(4)));
  made = render_static(*source, default_static_renditions(Generation::classic), settings_);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->back().name, "cq5dam.web.1280.1280.png") << "it sees through";
}

TEST_F(Engine, TakesPathsAlong) {
  auto original = png_ = jpeg_with_path();
  auto moved = carry_paths(photoshop::path_resource(), {2, 0, -1, 0, 2, -1});
  for (const auto* format : {"jpeg", "pjpeg", "tif", "tif,,lzw"}) {
    auto made = make(std::string("crop=200,150,200,150&pathEmbed=1&wid=100&fmt=") + format);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(made->has_paths);
    EXPECT_NE(made->content.find(moved), std::string::npos) << format;
    png_ = made->content;
    EXPECT_TRUE(make("pathEmbed=1")->has_paths) << "it is read again";
    png_ = original;
    EXPECT_FALSE(make("")->has_paths);
    EXPECT_FALSE(make("pathEmbed=1&fmt=png")->has_paths);
  }
}

TEST_F(Engine, WritesPathsAndProfileIntoEps) {
  if (!find_profile("AdobeRGB", settings_)) GTEST_SKIP() << "AdobeRGB is not here: apt-get install colord-data";
  png_ = jpeg_with_path();
  auto made = make("fmt=eps&pathEmbed=1&iccEmbed=1&icc=AdobeRGB");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->has_profile);
  EXPECT_NE(made->content.find("\n%BeginPhotoshop: 168\n% 3842494D07D0"), std::string::npos)
      << made->content.substr(0, 500);
  EXPECT_NE(made->content.find("\n%%BeginICCProfile: (photoshop) "), std::string::npos);
  auto plain = make("fmt=eps");
  EXPECT_EQ(plain->content.find("Photoshop"), std::string::npos);
  EXPECT_FALSE(plain->has_profile);
}

TEST_F(Engine, ConvertsToTheProfileThatIsAskedFor) {
  if (!find_profile("AdobeRGB", settings_)) GTEST_SKIP() << "AdobeRGB is not here: apt-get install colord-data";
  auto made = make("icc=AdobeRGB&iccEmbed=1&fmt=jpeg");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->has_profile);
  EXPECT_NE(made->content.find("ICC_PROFILE"), std::string::npos);
  EXPECT_EQ(make("icc=AdobeRGB&fmt=jpeg")->content.find("ICC_PROFILE"), std::string::npos);
  EXPECT_FALSE(make("icc=AdobeRGB&fmt=png&iccEmbed=0")->has_profile);
  EXPECT_EQ(make("icc=Nowhere").error().code, Code::invalid);
}

}  // namespace
}  // namespace dray::pipeline

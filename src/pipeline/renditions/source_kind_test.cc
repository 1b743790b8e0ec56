#include "pipeline/renditions/source_kind.h"

#include <gtest/gtest.h>

namespace dray::pipeline {
namespace {

using namespace std::string_view_literals;

std::string_view kind(std::string_view start) {
  auto kind = source_kind_of(bytes_of(start));
  return kind ? name_of(*kind) : "none";
}

TEST(SourceKind, IsToldByTheFirstBytes) {
  EXPECT_EQ(kind("\xff\xd8\xff\xe0"sv), "JPEG");
  EXPECT_EQ(kind("\x89PNG\r\n\x1a\n...."sv), "PNG");
  EXPECT_EQ(kind("GIF89a"sv), "GIF");
  EXPECT_EQ(kind("RIFF\x10\0\0\0WEBPVP8 "sv), "WebP");
  EXPECT_EQ(kind("II*\0"sv), "TIFF");
  EXPECT_EQ(kind("MM\0+"sv), "TIFF");
  EXPECT_EQ(kind("\0\0\0\x1c"
                 "ftypavif\0\0\0\0mif1miaf"sv),
            "AVIF");
  EXPECT_EQ(kind("\0\0\0\x18"
                 "ftypmif1\0\0\0\0heic"sv),
            "HEIC");
  EXPECT_EQ(kind("\xff\x0a...."sv), "JPEG XL");
  EXPECT_EQ(kind("\0\0\0\x0cjP  \r\n\x87\n"sv), "JPEG 2000");
  EXPECT_EQ(kind("%PDF-1.7"sv), "PDF");
  EXPECT_EQ(kind("8BPS\0\1"sv), "Photoshop");
  EXPECT_EQ(kind("<?xml version='1.0'?>\n<!-- a > b -->\n<svg xmlns='x'>"sv), "SVG");
  EXPECT_EQ(kind("<!DOCTYPE svg PUBLIC 'x' 'y' [\n<!ENTITY a 'b'>\n]>\n<svg xmlns='x'>"sv), "SVG");
}

TEST(SourceKind, IsNoneForWhatIsNoPicture) {
  for (auto text : {""sv, "hello"sv, "<html><svg>"sv, "RIFF\x10\0\0\0WAVE"sv, "II"sv,
                    "\0\0\0\x10"
                    "ftypmp42\0\0\0\0isom"sv,
                    "id=ImageMagick"sv, "#EXTM3U"sv, "%!PS-Adobe"sv, "<!-- never ends"sv, "8BPS\0\2"sv})
    EXPECT_EQ(kind(text), "none") << text;
}

TEST(SourceKind, MustBeWhatTheMimeTypeSays) {
  EXPECT_TRUE(may_hold("image/jpeg", SourceKind::jpeg));
  EXPECT_TRUE(may_hold("image/heif", SourceKind::avif));
  EXPECT_FALSE(may_hold("image/jpeg", SourceKind::svg));
  EXPECT_FALSE(may_hold("text/plain", SourceKind::png));
  EXPECT_TRUE(can_be_rendered("image/svg+xml"));
  EXPECT_FALSE(has_static_renditions("image/svg+xml")) << "AEM makes none";
  EXPECT_FALSE(can_be_rendered("audio/mpeg"));
  EXPECT_FALSE(can_be_rendered(""));
}

}  // namespace
}  // namespace dray::pipeline

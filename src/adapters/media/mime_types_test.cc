#include "adapters/media/mime_types.h"

#include <gtest/gtest.h>

namespace dray::media {
namespace {

TEST(MimeTypes, TablesAreSorted) { EXPECT_TRUE(mime_tables_are_sorted()); }

TEST(MimeTypes, ContentDecides) {
  EXPECT_EQ(mime_type_of("image/png", "hero.jpg"), "image/png");
  EXPECT_EQ(mime_type_of("text/html", "style.css"), "text/html");
  EXPECT_EQ(mime_type_of("application/pdf", "report.docx"), "application/pdf");
  EXPECT_EQ(mime_type_of("image/png", ""), "image/png");
}

TEST(MimeTypes, TheExtensionRefinesAnOuterForm) {
  EXPECT_EQ(mime_type_of("text/plain", "Style.CSS"), "text/css");
  EXPECT_EQ(mime_type_of("text/x-c", "style.css"), "text/css");
  EXPECT_EQ(mime_type_of("text/plain", "people.csv"), "text/csv");
  EXPECT_EQ(mime_type_of("text/xml", "logo.svg"), "image/svg+xml");
  EXPECT_EQ(mime_type_of("application/json", "chair.gltf"), "model/gltf+json");
  EXPECT_EQ(mime_type_of("application/zip", "page.idml"), "application/vnd.adobe.indesign-idml-package");
  EXPECT_EQ(mime_type_of("application/x-ole-storage", "a.xls"), "application/vnd.ms-excel");
  EXPECT_EQ(mime_type_of("image/tiff", "shot.nef"), "image/x-nikon-nef");
  EXPECT_EQ(mime_type_of("video/mp4", "song.m4a"), "audio/mp4");
  EXPECT_EQ(mime_type_of("audio/mp4", "film.mp4"), "video/mp4");
  EXPECT_EQ(mime_type_of("application/pdf", "logo.ai"), "application/illustrator");
  EXPECT_EQ(mime_type_of("application/postscript", "logo.ai"), "application/illustrator");
  EXPECT_EQ(mime_type_of("application/octet-stream", "page.indd"), "application/x-indesign");
}

TEST(MimeTypes, TheExtensionMustAgreeWithTheForm) {
  EXPECT_EQ(mime_type_of("application/zip", "hero.jpg"), "application/zip");
  EXPECT_EQ(mime_type_of("text/plain", "hero.jpg"), "text/plain");
  EXPECT_EQ(mime_type_of("application/octet-stream", "style.css"), "application/octet-stream");
  EXPECT_EQ(mime_type_of("text/plain", "report.docx"), "text/plain");
}

TEST(MimeTypes, NamesOfLibmagicBecomeCommonOnes) {
  EXPECT_EQ(mime_type_of("image/x-ms-bmp", ""), "image/bmp");
  EXPECT_EQ(mime_type_of("audio/x-wav", ""), "audio/wav");
  EXPECT_EQ(mime_type_of("text/xml+svg", ""), "image/svg+xml");
  EXPECT_EQ(mime_type_of("video/MP2T", ""), "video/mp2t");
  EXPECT_EQ(mime_type_of("image/x-tga", "noise.bin"), "application/octet-stream");
  EXPECT_EQ(mime_type_of("image/x-tga", "logo.tga"), "image/x-tga");
  EXPECT_EQ(mime_type_of("application/octet-streamapplication/octet-stream", "a.mov"), "video/quicktime");
  EXPECT_EQ(mime_type_of("", "a.mov"), "video/quicktime");
}

TEST(MimeTypes, WithoutContentTheNameDecides) {
  EXPECT_EQ(mime_type_of_name("a.b.css"), "text/css");
  EXPECT_EQ(mime_type_of_name("css"), "application/octet-stream");
  EXPECT_EQ(mime_type_of_name("a."), "application/octet-stream");
  EXPECT_EQ(mime_type_of_name(""), "application/octet-stream");
}

}  // namespace
}  // namespace dray::media

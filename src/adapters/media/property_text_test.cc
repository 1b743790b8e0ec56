#include "adapters/media/property_text.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace dray::media {
namespace {

using namespace std::string_literals;

TEST(PropertyText, LosesNulsBlanksAndControlCharacters) {
  EXPECT_EQ(clean_text("  OLYMPUS DIGITAL CAMERA   \0\0"s, Charset::unknown), "OLYMPUS DIGITAL CAMERA");
  EXPECT_EQ(clean_text(" \0Editor\0"s, Charset::unknown), "Editor");  // EXIF's copyright without a photographer
  EXPECT_EQ(clean_text("one\x1Btwo\nthree", Charset::unknown), "one two\nthree");
  EXPECT_EQ(clean_text("\0 \0"s, Charset::utf8), "");
}

TEST(PropertyText, IsAlwaysUtf8) {
  EXPECT_EQ(clean_text("Z\xC3\xBCrich", Charset::unknown), "Z\xC3\xBCrich");
  EXPECT_EQ(clean_text("Z\xFCrich", Charset::unknown), "Z\xC3\xBCrich");
  EXPECT_EQ(clean_text("Z\xFCrich", Charset::utf8), "Z\xEF\xBF\xBDrich");
}

TEST(PropertyText, IsCutBetweenTwoCharacters) {
  std::string text = "a";
  for (int i = 0; i < 5000; ++i) text += "\xE2\x82\xAC";
  auto cut = clean_text(text, Charset::unknown);
  EXPECT_EQ(cut.size(), 4096u);  // 1 + 3 * 1365
  EXPECT_TRUE(cut.ends_with("\xE2\x82\xAC"));
  EXPECT_LE(clean_text(std::string(9999, '\xFC'), Charset::unknown).size(), kMaxValueBytes);
  EXPECT_TRUE(is_valid_utf8(clean_text(std::string(9999, '\x80'), Charset::utf8)));
}

TEST(PropertyText, DatesBecomeIso8601) {
  EXPECT_EQ(iso8601_date("2026:11:24 10:30:00"), "2026-11-24T10:30:00");
  EXPECT_EQ(iso8601_date("2026-11-24T10:30:00.25+02:00"), "2026-11-24T10:30:00.25+02:00");
  EXPECT_EQ(iso8601_date("2026-11-24T10:30Z"), "2026-11-24T10:30Z");
  EXPECT_EQ(iso8601_date("2026-11"), "2026-11");
  EXPECT_EQ(iso8601_date("2026"), "2026");
  for (auto bad : {"", "0000:00:00 00:00:00", "2026-13-01", "2026-11-24T25:00", "2026-11-24T10:30:00x", "yesterday",
                   "    :  :  ", "2026-", "2026-11-24 10:30:00+", "2026-11-24T10:30:00."}) {
    EXPECT_EQ(iso8601_date(bad), std::nullopt) << bad;
  }
}

TEST(PropertyText, PositionsBecomeDegrees) {
  EXPECT_DOUBLE_EQ(*decimal_degrees("37/1 30/1 3600/100", "S"), -37.51);
  EXPECT_DOUBLE_EQ(*decimal_degrees("122,27.6W", ""), -122.46);
  EXPECT_DOUBLE_EQ(*decimal_degrees("37/1 30/1 0/0", "N"), 37.5);
  EXPECT_DOUBLE_EQ(*decimal_degrees("37,30,36N", ""), 37.51);
  for (auto bad : {"", "N", "x", "181/1", "1/0", "-5/1", "1 2 3 4", "nan", "inf"}) {
    EXPECT_EQ(decimal_degrees(bad, "N"), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace dray::media

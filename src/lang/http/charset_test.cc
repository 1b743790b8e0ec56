#include "lang/http/charset.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace dray::http {
namespace {

TEST(Charset, IsKnownByItsNames) {
  for (auto name : {"utf-8", "UTF-8", "utf8", " utf-8 "}) EXPECT_EQ(*parse_charset(name), Charset::utf8) << name;
  for (auto name : {"ISO-8859-1", "latin1", "windows-1252", "cp1252", "US-ASCII"}) {
    EXPECT_EQ(*parse_charset(name), Charset::windows1252) << name;
  }
  for (auto name : {"", "utf-16", "koi8-r", "iso-8859-15", "utf-8,latin1", "\xFF"}) {
    auto charset = parse_charset(name);
    ASSERT_FALSE(charset) << name;
    EXPECT_EQ(charset.error().code, Code::invalid);
    EXPECT_TRUE(is_valid_utf8(charset.error().message));
  }
}

TEST(Charset, BecomesUtf8) {
  EXPECT_EQ(decode_charset("f\xFCr 5 \x80", Charset::windows1252), "f\xC3\xBCr 5 \xE2\x82\xAC");
  EXPECT_EQ(decode_charset("\x81\x9F\xA0\xFF", Charset::windows1252), "\xC2\x81\xC5\xB8\xC2\xA0\xC3\xBF");
  EXPECT_EQ(decode_charset("f\xC3\xBCr", Charset::utf8), "f\xC3\xBCr");
  EXPECT_EQ(decode_charset("f\xFCr", Charset::utf8), std::nullopt);
}

}  // namespace
}  // namespace dray::http

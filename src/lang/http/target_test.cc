#include "lang/http/target.h"

#include <gtest/gtest.h>

namespace dray::http {
namespace {

using namespace std::string_literals;

Target ok(std::string_view text) {
  auto target = parse_target(text);
  EXPECT_TRUE(target) << text;
  return target ? *target : Target{"", {}};
}

TEST(Target, IsDecodedOnce) {
  EXPECT_EQ(ok("/").path, "/");
  EXPECT_EQ(ok("/content/dam/a%20b+c.jpg").path, "/content/dam/a b+c.jpg");  // '+' is a blank in queries only
  EXPECT_EQ(ok("/folder/").path, "/folder/");
  EXPECT_EQ(ok("/f%C3%BCr").path, "/f\xC3\xBCr");
  EXPECT_EQ(ok("/%252F").path, "/%2F");
  EXPECT_EQ(ok("/a%0Ab%5C").path, "/a\nb\\");  // names are data
  EXPECT_EQ(ok("/...").path, "/...");
  EXPECT_EQ(ok("/.a/b..").path, "/.a/b..");
  EXPECT_EQ(ok("/a|[b]^~!$&'()*,;=:@").path, "/a|[b]^~!$&'()*,;=:@");
}

TEST(Target, HasAQueryOfPairs) {
  auto target = ok("/x?a=1&b=%26+%2B&a=2&c&=d&&e=f=g&h=/?");
  EXPECT_EQ(target.query,
            (QueryPairs{{"a", "1"}, {"b", "& +"}, {"a", "2"}, {"c", ""}, {"", "d"}, {"e", "f=g"}, {"h", "/?"}}));
  EXPECT_EQ(target.find("a"), "1");
  EXPECT_EQ(target.find("c"), "");
  EXPECT_EQ(target.find("A"), std::nullopt);
  EXPECT_TRUE(ok("/x?").query.empty());
  EXPECT_TRUE(ok("/x?&&").query.empty());
  EXPECT_EQ(ok("/?../..=//").path, "/");
}

TEST(Target, RefusesWhatCouldLeaveItsPlace) {
  for (std::string bad :
       {""s,        "a"s,         "*"s,        "http://x/"s,  "/%"s,       "/%2"s,          "/%zz"s,     "/%2x"s,
        "/%00"s,    "/a%00b"s,    "/%2F"s,     "/a%2fb"s,     "/."s,       "/.."s,          "/a/.."s,    "/a/../b"s,
        "/./a"s,    "/%2e"s,      "/%2E%2e"s,  "/.%2e/a"s,    "/%2e./a"s,  "//"s,           "//host/x"s, "/a//b"s,
        "/a//"s,    "/%FF"s,      "/%C0%AF"s,  "/%ED%A0%80"s, "/a\\b"s,    "/..\\b"s,       "/a b"s,     "/a\tb"s,
        "/a\nb"s,   "/\xC3\xBC"s, "/a#b"s,     "/a\0b"s,      "/?a=%"s,    "/?%zz=a"s,      "/?a=%00"s,  "/?%00"s,
        "/?a=%FF"s, "/?a b"s,     "/?a=\xFF"s, "/?a#b"s,      "/%C3/%BC"s, "/?a=%C3&b=%BC"s}) {
    auto target = parse_target(bad);
    ASSERT_FALSE(target) << bad;
    EXPECT_EQ(target.error().code, Code::invalid);
  }
}

TEST(QueryValue, IsReadBackAsItWas) {
  EXPECT_EQ(format_query_value("/a b+c&d=\xC3\xBC~"), "%2Fa%20b%2Bc%26d%3D%C3%BC~");
  for (std::string text : {"", "/", "//", "a/", "100%", "?#&=+ \r\n\"'"}) {
    EXPECT_EQ(ok("/?v=" + format_query_value(text)).find("v"), text);
  }
}

}  // namespace
}  // namespace dray::http

#include "lang/http/validators.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace dray::http {
namespace {

using namespace std::chrono_literals;

const Seconds kModified{784111777s};  // Sun, 06 Nov 1994 08:49:37 GMT
const Validators kCurrent{{"v1", false}, kModified};
constexpr char kBefore[] = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr char kSame[] = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr char kAfter[] = "Sun, 06 Nov 1994 08:49:38 GMT";

Head head_of(Method method, std::vector<Field> fields) {
  Head head;
  head.method = method;
  head.fields = std::move(fields);
  return head;
}
Precondition check_get(std::vector<Field> fields) {
  return check_preconditions(head_of(Method::get, std::move(fields)), kCurrent);
}
Precondition check_put(std::vector<Field> fields) {
  return check_preconditions(head_of(Method::put, std::move(fields)), kCurrent);
}
bool range_applies_with(const char* if_range, const Validators& current = kCurrent) {
  return range_applies(head_of(Method::get, {{"If-Range", if_range}}), current);
}

TEST(EntityTags, AreListsOfQuotedText) {
  using Tags = std::vector<EntityTag>;
  EXPECT_EQ(parse_entity_tags("\"a\""), (Tags{{"a", false}}));
  EXPECT_EQ(parse_entity_tags("W/\"a\" ,\t\"b,c\",\"\""), (Tags{{"a", true}, {"b,c", false}, {"", false}}));
  EXPECT_EQ(parse_entity_tags(", \"a\" ,, "), (Tags{{"a", false}}));
  EXPECT_EQ(parse_entity_tags("\"\xC3\xBC\\\""), (Tags{{"\xC3\xBC\\", false}}));
  for (std::string bad : {"", ",", "*", "a", "\"a", "a\"", "'a'", "w/\"a\"", "W/ \"a\"", "W/a", "\"a\" \"b\"", "\"a\"b",
                          "\"a b\"", "\"a\x7F\"", "\"a\", *"}) {
    EXPECT_EQ(parse_entity_tags(bad), std::nullopt) << bad;
  }
}

TEST(EntityTags, AreWrittenAsTheyAreRead) {
  EXPECT_EQ(format_entity_tag({"v1", false}), "\"v1\"");
  EXPECT_EQ(format_entity_tag({"v1", true}), "W/\"v1\"");
}

TEST(HttpDate, ComesInThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kModified);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kModified);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kModified);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994"), kModified + 240h);
  EXPECT_EQ(parse_http_date("Tuesday, 24-Nov-26 00:00:00 GMT"), parse_http_date("Tue, 24 Nov 2026 00:00:00 GMT"));
  EXPECT_EQ(parse_http_date("Thursday, 01-Jan-70 00:00:00 GMT"), Seconds(0s));
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT"), parse_http_date("Fri, 01 Mar 2024 00:00:00 GMT"));
}

TEST(HttpDate, IsRefusedInAllOthers) {
  for (std::string bad : {"",
                          ",",
                          "0",
                          "1994-11-06T08:49:37Z",
                          "Sun, 06 Nov 1994 08:49:37",
                          "Sun, 06 Nov 1994 08:49:37 UTC",
                          "Sun, 06 Nov 1994 08:49:37 GMT ",
                          " Sun, 06 Nov 1994 08:49:37 GMT",
                          "Sun, 6 Nov 1994 08:49:37 GMT",
                          "sun, 06 nov 1994 08:49:37 gmt",
                          "Xxx, 06 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Xxx 1994 08:49:37 GMT",
                          "Sun, 00 Nov 1994 08:49:37 GMT",
                          "Sun, 31 Nov 1994 08:49:37 GMT",
                          "Sun, 29 Feb 2023 08:49:37 GMT",
                          "Sun, 06 Nov 1994 24:00:00 GMT",
                          "Sun, 06 Nov 1994 08:60:00 GMT",
                          "Sun, 06 Nov 1994 08:49:61 GMT",
                          "Sun, 06 Nov 94 08:49:37 GMT",
                          "Sun, 06 Nov 1994 8:49:37 GMT",
                          "Sun, +6 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov 19940 08:49:37 GMT",
                          "Sunday, 06-Nov-1994 08:49:37 GMT",
                          "Sun Nov 6 08:49:37 1994",
                          "Sun Nov   6 08:49:37 1994",
                          "Sun Nov  6 08:49:37 94",
                          "Sun Nov  6 08:49:37 1994 GMT"}) {
    EXPECT_EQ(parse_http_date(bad), std::nullopt) << bad;
  }
}

TEST(HttpDate, IsWrittenInTheFirstForm) {
  EXPECT_EQ(format_http_date(kModified), kSame);
  EXPECT_EQ(format_http_date(Seconds(0s)), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(Seconds(-1s)), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format_http_date(Seconds(std::chrono::hours(24 * 366 * 9000))), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(format_http_date(Seconds(-std::chrono::hours(24 * 366 * 9000))), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(Preconditions, OfReadingAnswerNotModified) {
  EXPECT_EQ(check_get({}), Precondition::proceed);
  for (const char* same : {"\"v1\"", "W/\"v1\"", "\"v0\", \"v1\"", "*"}) {
    EXPECT_EQ(check_get({{"If-None-Match", same}}), Precondition::not_modified) << same;
  }
  for (const char* other : {"\"v0\"", "v1", "\"v1", "", "\"*\""}) {
    EXPECT_EQ(check_get({{"if-none-match", other}}), Precondition::proceed) << other;
  }
  EXPECT_EQ(check_get({{"If-None-Match", "\"v0\""}, {"If-None-Match", "\"v1\""}}), Precondition::not_modified);
  EXPECT_EQ(check_get({{"If-Modified-Since", kBefore}}), Precondition::proceed);
  EXPECT_EQ(check_get({{"If-Modified-Since", kSame}}), Precondition::not_modified);
  EXPECT_EQ(check_get({{"If-Modified-Since", kAfter}}), Precondition::not_modified);
  EXPECT_EQ(check_get({{"If-Modified-Since", "yesterday"}}), Precondition::proceed);
  EXPECT_EQ(check_preconditions(head_of(Method::head, {{"If-Modified-Since", kSame}}), kCurrent),
            Precondition::not_modified);
}

TEST(Preconditions, OfWritingAnswerFailed) {
  EXPECT_EQ(check_put({{"If-Match", "\"v1\""}}), Precondition::proceed);
  EXPECT_EQ(check_put({{"If-Match", "*"}}), Precondition::proceed);
  EXPECT_EQ(check_put({{"If-Match", "\"v0\""}, {"If-Match", "\"v1\""}}), Precondition::proceed);
  for (const char* other : {"\"v0\"", "W/\"v1\"", "v1", "", "\"v1\", *"}) {
    EXPECT_EQ(check_put({{"If-Match", other}}), Precondition::failed) << other;
  }
  EXPECT_EQ(check_put({{"If-Unmodified-Since", kBefore}}), Precondition::failed);
  EXPECT_EQ(check_put({{"If-Unmodified-Since", kSame}}), Precondition::proceed);
  EXPECT_EQ(check_put({{"If-Unmodified-Since", "yesterday"}}), Precondition::proceed);
  EXPECT_EQ(check_put({{"If-None-Match", "*"}}), Precondition::failed);
  EXPECT_EQ(check_put({{"If-Modified-Since", kSame}}), Precondition::proceed);
}

TEST(Preconditions, AreCheckedInTheOrderOfTheRfc) {
  EXPECT_EQ(check_get({{"If-None-Match", "\"v1\""}, {"If-Match", "\"v0\""}}), Precondition::failed);
  EXPECT_EQ(check_get({{"If-Match", "\"v1\""}, {"If-Unmodified-Since", kBefore}}), Precondition::proceed);
  EXPECT_EQ(check_get({{"If-None-Match", "\"v0\""}, {"If-Modified-Since", kSame}}), Precondition::proceed);
  EXPECT_EQ(check_get({{"If-Unmodified-Since", kSame}, {"If-None-Match", "\"v1\""}}), Precondition::not_modified);
}

TEST(IfRange, AppliesOnAStrongMatch) {
  EXPECT_TRUE(range_applies(Head(), kCurrent));
  EXPECT_TRUE(range_applies_with("\"v1\""));
  EXPECT_TRUE(range_applies_with(kSame));
  for (const char* other : {"\"v0\"", "W/\"v1\"", "v1", "\"v1\", \"v0\"", "\"v1", "*", "", kBefore, kAfter}) {
    EXPECT_FALSE(range_applies_with(other)) << other;
  }
  EXPECT_FALSE(range_applies_with("\"v1\"", {{"v1", true}, kModified}));
}

}  // namespace
}  // namespace dray::http

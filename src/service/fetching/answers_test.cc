#include "service/fetching/answers.h"

#include <gtest/gtest.h>

namespace dray::fetching {
namespace {

const Identity kFile{"\"abc\"", 1000};
constexpr ByteRange kAsked{100, 50};

AnswerHead good_answer() {
  return {206, {{"ETag", "\"abc\""}, {"content-range", "bytes 100-149/1000"}, {"Content-Length", "50"}}};
}
AnswerHead with(AnswerHead head, const std::string& name, const std::string& value) {
  for (auto& field : head.fields) {
    if (field.name == name) field.value = value;
  }
  return head;
}

TEST(StrongEtag, TakesTagsWithAndWithoutQuotes) {
  EXPECT_EQ(strong_etag("\"abc\""), "\"abc\"");
  EXPECT_EQ(strong_etag("abc"), "\"abc\"");
  for (auto* bad : {"", "\"\"", "W/\"abc\"", "a b", "a\"b", "a\nb"}) EXPECT_FALSE(strong_etag(bad)) << bad;
  EXPECT_FALSE(strong_etag(std::string(2000, 'a')));
}

TEST(ContentRange, IsReadStrictly) {
  EXPECT_EQ(parse_content_range("bytes 0-9/100"), (ContentRange{{0, 10}, 100}));
  EXPECT_EQ(parse_content_range(" Bytes 99-99/100 "), (ContentRange{{99, 1}, 100}));
  for (auto* bad : {"", "bytes", "bytes 0-9", "bytes 0-9/*", "bytes 9-0/100", "bytes 0-100/100", "bytes */100",
                    "items 0-9/100", "bytes -9/100", "bytes 0-99999999999999999999/100", "bytes 0-9/100, 20-29/100"}) {
    EXPECT_FALSE(parse_content_range(bad)) << bad;
  }
  EXPECT_EQ(parse_unsatisfied_range("bytes */0"), 0u);
  EXPECT_FALSE(parse_unsatisfied_range("bytes 0-9/100"));
}

TEST(CheckPartial, TakesExactlyWhatWasAsked) { EXPECT_FALSE(check_partial(good_answer(), kAsked, kFile)); }

TEST(CheckPartial, AnotherFileIsFinal) {
  for (const auto& head : {with(good_answer(), "ETag", "\"other\""), with(good_answer(), "ETag", "W/\"abc\""),
                           with(good_answer(), "content-range", "bytes 100-149/1001")}) {
    auto trouble = check_partial(head, kAsked, kFile);
    ASSERT_TRUE(trouble);
    EXPECT_EQ(trouble->error.code, Code::conflict);
    EXPECT_EQ(trouble->outlook, Outlook::final);
  }
}

TEST(CheckPartial, OtherBytesMayPass) {
  for (auto* range : {"bytes 101-149/1000", "bytes 100-148/1000", "bytes 0-49/1000", "nonsense"}) {
    auto trouble = check_partial(with(good_answer(), "content-range", range), kAsked, kFile);
    ASSERT_TRUE(trouble) << range;
    EXPECT_EQ(trouble->outlook, Outlook::may_pass);
  }
  auto encoded = good_answer();
  encoded.fields.push_back({"Content-Encoding", "gzip"});
  EXPECT_TRUE(check_partial(encoded, kAsked, kFile));
}

TEST(CheckPartial, TheWholeFileIsNotARange) {
  auto head = good_answer();
  head.status = 200;
  ASSERT_TRUE(check_partial(head, kAsked, kFile));
  EXPECT_EQ(check_partial(head, kAsked, kFile)->outlook, Outlook::final);
}

TEST(TroubleOfStatus, SaysWhetherItMayPass) {
  auto of = [](int status) { return trouble_of_status({status, {}}, "", Seconds{}); };
  for (int status : {408, 429, 500, 502, 503, 504}) EXPECT_EQ(of(status).outlook, Outlook::may_pass) << status;
  for (int status : {400, 401, 403, 404, 410, 412, 416, 418}) EXPECT_EQ(of(status).outlook, Outlook::final) << status;
  EXPECT_EQ(of(401).error.code, Code::unauthenticated);
  EXPECT_EQ(of(403).error.code, Code::denied);
  EXPECT_EQ(of(404).error.code, Code::not_found);
  EXPECT_EQ(of(410).error.code, Code::gone);
  EXPECT_EQ(of(412).error.code, Code::conflict);
}

TEST(TroubleOfStatus, HonoursRetryAfterInBothForms) {
  auto now = *parse_utc("1994-11-06T08:49:00Z");
  auto of = [&](const char* value) { return trouble_of_status({503, {{"Retry-After", value}}}, "", now).retry_after; };
  EXPECT_EQ(of("7"), std::chrono::seconds(7));
  EXPECT_EQ(of("Sun, 06 Nov 1994 08:49:37 GMT"), std::chrono::seconds(37));
  EXPECT_EQ(of("Sun, 06 Nov 1993 08:49:37 GMT"), std::chrono::seconds(0));
  EXPECT_FALSE(of("soon"));
}

TEST(TroubleOfStatus, ShowsTheServersWordsButNotItsControlCharacters) {
  EXPECT_EQ(trouble_of_status({404, {}}, R"({"error":"no \u001b[31mred"})", Seconds{}).error.message, "no ?[31mred");
  EXPECT_NE(trouble_of_status({404, {}}, "<html>", Seconds{}).error.message, "<html>");
}

TEST(Printable, ReplacesWhatMovesTheCursor) {
  EXPECT_EQ(printable("Gr\u00FC\u00DFe"), "Gr\u00FC\u00DFe");
  EXPECT_EQ(printable("a\r\n\x7F\u009B"
                      "b"),
            "a????b");
  EXPECT_EQ(printable("\xFF"), "\uFFFD");
}

}  // namespace
}  // namespace dray::fetching

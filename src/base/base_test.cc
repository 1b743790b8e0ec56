#include "base/result.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/asset_path.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "base/rate_limit.h"
#include "base/text.h"

namespace dray {
namespace {

Result<int> half(int value) {
  if (value % 2) return Error{Code::invalid, "odd"};
  return value / 2;
}
Result<int> quarter(int value) {
  ASSIGN_OR_RETURN(auto once, half(value));
  ASSIGN_OR_RETURN(auto twice, half(once));
  return twice;
}

TEST(Result, CarriesAnErrorThroughTheMacros) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
}

TEST(AssetPath, TakesWhatAemTakes) {
  EXPECT_EQ(AssetPath::parse("/content/dam/a b/ü.jpg")->text(), "/content/dam/a b/ü.jpg");
  EXPECT_EQ(AssetPath::parse("/content/dam/")->text(), "/content/dam");
  EXPECT_EQ(AssetPath::parse("/a/b")->name(), "b");
  EXPECT_EQ(AssetPath::parse("/a/b")->parent().text(), "/a");
  EXPECT_EQ(AssetPath::parse("/a")->parent().text(), "/");
}

TEST(AssetPath, RefusesWhatCouldLeaveItsPlace) {
  for (std::string bad : {"", "content", "/a//b", "/a/../b", "/a/.", "/..", "/a/\xff"}) {
    EXPECT_FALSE(AssetPath::parse(bad)) << bad;
  }
  EXPECT_FALSE(AssetPath::parse(std::string_view("/a\0b", 4)));
  EXPECT_FALSE(AssetPath::parse("/" + std::string(256, 'x')));
  EXPECT_FALSE(AssetPath::parse("/" + std::string(10000, 'x')));
}

TEST(AssetPath, KnowsWhatLiesWithinAFolder) {
  auto folder = AssetPath::trusted("/content/dam");
  EXPECT_TRUE(AssetPath::trusted("/content/dam/x").is_within(folder));
  EXPECT_TRUE(folder.is_within(folder));
  EXPECT_FALSE(AssetPath::trusted("/content/damn").is_within(folder));
}

TEST(Digest, AgreesWithPublishedValues) {
  EXPECT_EQ(sha256_of(bytes_of("abc")).hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(crc32_of(bytes_of("123456789")), 0xCBF43926u);
}

TEST(Digest, CombinesCrcs) {
  EXPECT_EQ(combine_crc32(crc32_of(bytes_of("1234")), crc32_of(bytes_of("56789")), 5), 0xCBF43926u);
  std::string zeros(100'003, '\0');
  EXPECT_EQ(crc32_of_zeros(zeros.size()), crc32_of(bytes_of(zeros)));
  EXPECT_EQ(crc32_of_zeros(0), 0u);
}

TEST(Text, ChecksUtf8Strictly) {
  EXPECT_TRUE(is_valid_utf8("aé漢😀"));
  EXPECT_FALSE(is_valid_utf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(is_valid_utf8("\xE2\x82"));          // cut
  EXPECT_EQ(replace_invalid_utf8("a\xFF"
                                 "b"),
            "a\xEF\xBF\xBD"
            "b");
}

TEST(Text, EncodesAndDecodes) {
  EXPECT_EQ(format_base64(bytes_of("foob")), "Zm9vYg==");
  EXPECT_EQ(text_of(*parse_base64("Zm9vYg==")), "foob");
  EXPECT_FALSE(parse_base64("Zm9vYh=="));  // unused bits set
  EXPECT_FALSE(parse_base64("Zm9vYg"));
  EXPECT_EQ(percent_encode_path("/a b/ü"), "/a%20b/%C3%BC");
  EXPECT_EQ(percent_decode("a%20b"), "a b");
  EXPECT_FALSE(percent_decode("a%2"));
  EXPECT_FALSE(percent_decode("a%zz"));
  EXPECT_FALSE(parse_unsigned("18446744073709551616"));
  EXPECT_FALSE(parse_unsigned("+1"));
  EXPECT_EQ(format_size(1'500'000), "1.5 MB");
  EXPECT_EQ(format_size(999'999), "1.0 MB");
}

TEST(Clock, WritesAndReadsUtc) {
  auto time = Seconds(std::chrono::seconds(1'700'000'000));
  EXPECT_EQ(format_utc(time), "2023-11-14T22:13:20Z");
  EXPECT_EQ(parse_utc("2023-11-14T22:13:20Z"), time);
  EXPECT_FALSE(parse_utc("2023-02-30T00:00:00Z"));
}

TEST(Json, RefusesDepthAndRests) {
  EXPECT_TRUE(parse_json("{\"a\":[1,2]} "));
  EXPECT_FALSE(parse_json("{\"a\":1} x"));
  EXPECT_FALSE(parse_json("{\"a\":"));
  EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']')));
}

TEST(File, ReplacesInOneStepOrNotAtAll) {
  std::string folder = ::testing::TempDir() + "dray-file-test-" + std::to_string(::getpid());
  ASSERT_TRUE(make_directories(folder + "/a/b"));
  auto path = folder + "/a/b/c";
  ASSERT_TRUE(replace_file(path, bytes_of("one")));
  ASSERT_TRUE(replace_file(path, bytes_of("two")));
  EXPECT_EQ(*read_file(path, 10), "two");
  EXPECT_EQ(read_file(path, 2).error().code, Code::too_large);
  EXPECT_FALSE(replace_file(folder + "/missing/c", bytes_of("x")));
}

TEST(Random, GivesUrlSafeTokens) {
  SystemRandom random;
  auto a = random_base64url(random, 32), b = random_base64url(random, 32);
  EXPECT_EQ(a.size(), 43u);
  EXPECT_NE(a, b);
}

TEST(Text, EscapesForHtml) { EXPECT_EQ(escape_html("<a href=\"x\">&'ü"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;ü"); }

TEST(Clock, ReadsDatesAsTheyAreWritten) {
  auto read = [](std::string_view text) {
    auto date = parse_date(text);
    return date ? format_utc(*date) : "none";
  };
  EXPECT_EQ(read("2030-01-31"), "2030-01-31T00:00:00Z");
  EXPECT_EQ(read("2030-01-31T12:30:00"), "2030-01-31T12:30:00Z");
  EXPECT_EQ(read("2030-01-31T12:30:00.250Z"), "2030-01-31T12:30:00Z");
  EXPECT_EQ(read("2030-01-31T00:30:00+01:00"), "2030-01-30T23:30:00Z");
  EXPECT_EQ(read("2030-01-31T23:30:00.5-05:30"), "2030-02-01T05:00:00Z");
  EXPECT_EQ(read("2030"), "2030-01-01T00:00:00Z");
  EXPECT_EQ(read("2030-02"), "2030-02-01T00:00:00Z");
  EXPECT_EQ(read("2030-01-31T12:30"), "2030-01-31T12:30:00Z");
  EXPECT_EQ(read("2030-01-31T12:30+01:00"), "2030-01-31T11:30:00Z");
  for (auto bad : {"", "20", "2030-13-01", "2030-01-31T12", "2030-01-31T12:3", "2030-01-31T12:30:00.Z",
                   "2030-01-31T12:30:00+1:00", "2030-01-31T12:30:00+99:00", "2030-01-31T12:30:00 UTC", "31.1.2030"})
    EXPECT_EQ(read(bad), "none") << bad;
}

TEST(RateLimit, LetsABurstThroughAndThenOneEveryPause) {
  RateLimit limit(3, std::chrono::seconds(10));
  Seconds now{std::chrono::seconds(1000)};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(limit.has_room("a", now));
    limit.note("a", now);
  }
  EXPECT_FALSE(limit.has_room("a", now));
  EXPECT_TRUE(limit.has_room("b", now));
  EXPECT_FALSE(limit.has_room("b", now, 4));
  EXPECT_FALSE(limit.has_room("a", now + std::chrono::seconds(9)));
  EXPECT_TRUE(limit.has_room("a", now + std::chrono::seconds(10)));
  EXPECT_FALSE(limit.has_room("a", now + std::chrono::seconds(19), 2));
  EXPECT_TRUE(limit.has_room("a", now + std::chrono::seconds(30), 3));
  EXPECT_FALSE(limit.has_room("a", now - std::chrono::seconds(50))) << "a clock that is set back gives nothing away";
}

TEST(Text, IsCutBetweenCharacters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "abc");
  EXPECT_EQ(shorten("aé", 2), "a");
  EXPECT_EQ(shorten("aé", 3), "aé");
  EXPECT_EQ(shorten("\xFF\xFF", 4), "\xEF\xBF\xBD") << "after what is no text has been replaced";
  EXPECT_EQ(shorten("é", 0), "");
}

}  // namespace
}  // namespace dray

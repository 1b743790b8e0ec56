#include "lang/http/range.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

namespace dray::http {
namespace {

using Kind = RangeAnswer::Kind;

constexpr ByteCount kHuge = std::numeric_limits<ByteCount>::max();

RangeAnswer partial(std::vector<ByteRange> ranges) { return {Kind::partial, std::move(ranges)}; }

TEST(Range, SelectsWhatIsThere) {
  struct Row {
    const char* header;
    std::vector<ByteRange> ranges;
  };
  for (const auto& [header, ranges] : std::initializer_list<Row>{
           {"bytes=0-0", {{0, 1}}},
           {"bytes=0-9", {{0, 10}}},
           {"bytes=10-", {{10, 90}}},
           {"bytes=99-99", {{99, 1}}},
           {"bytes=90-200", {{90, 10}}},
           {"bytes=-1", {{99, 1}}},
           {"bytes=-100", {{0, 100}}},
           {"bytes=-200", {{0, 100}}},
           {"Bytes=0-", {{0, 100}}},
           {"bytes=50-59,0-9", {{50, 10}, {0, 10}}},
           {"bytes=0-9 , \t,20-29,", {{0, 10}, {20, 10}}},
           {"bytes=0-9,100-", {{0, 10}}},
           {"bytes=-0,0-0", {{0, 1}}},
           {"bytes=0-99999999999999999999999", {{0, 100}}},
           {"bytes=-99999999999999999999999", {{0, 100}}},
           {"bytes=00000000000000000000000001-2", {{1, 2}}},
           {"bytes=99999999999999999999998-99999999999999999999999,5-5", {{5, 1}}},
       }) {
    EXPECT_EQ(select_ranges(header, 100), partial(ranges)) << header;
  }
}

TEST(Range, IsIgnoredWhenItMakesNoSense) {
  EXPECT_EQ(select_ranges(std::nullopt, 100).kind, Kind::whole);
  for (std::string bad : {"",           "bytes",         "bytes=",      "bytes=,",    "bytes= ",
                          "bytes=-",    "bytes=--1",     "bytes=1",     "bytes=a-b",  "bytes=0-9,x",
                          "bytes=9-0",  "bytes=0-9,9-0", "bytes=1-2-3", "bytes=+1-2", "bytes=0x1-2",
                          "bytes=1 -2", "bytes=1- 2",    "bytes =0-9",  "bytes:0-9",  " bytes=0-9",
                          "items=0-9",  "bytes=0-9;",    "bytes=-1-",   "bytes=1.5-2"}) {
    EXPECT_EQ(select_ranges(bad, 100), RangeAnswer{}) << bad;
  }
}

TEST(Range, IsUnsatisfiableBeyondTheEnd) {
  for (std::string bad : {"bytes=100-", "bytes=100-200,300-", "bytes=-0", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(select_ranges(bad, 100), (RangeAnswer{Kind::unsatisfiable, {}})) << bad;
  }
}

TEST(Range, FindsNothingInNothing) {
  EXPECT_EQ(select_ranges("bytes=0-", 0).kind, Kind::unsatisfiable);
  EXPECT_EQ(select_ranges("bytes=-0", 0).kind, Kind::unsatisfiable);
  EXPECT_EQ(select_ranges("bytes=-5", 0).kind, Kind::whole);  // satisfiable, but there is no Content-Range for it
}

TEST(Range, DoesNotOverflow) {
  EXPECT_EQ(select_ranges("bytes=0-", kHuge), partial({{0, kHuge}}));
  EXPECT_EQ(select_ranges("bytes=18446744073709551614-18446744073709551615", kHuge), partial({{kHuge - 1, 1}}));
  EXPECT_EQ(select_ranges("bytes=18446744073709551615-", kHuge).kind, Kind::unsatisfiable);
  EXPECT_EQ(select_ranges("bytes=0-,0-", kHuge).kind, Kind::partial);
  EXPECT_EQ(select_ranges("bytes=0-,0-,0-", kHuge).kind, Kind::whole);
}

TEST(Range, DoesNotMultiplyTheFile) {
  auto kind = [](const char* header) { return select_ranges(header, 100).kind; };
  EXPECT_EQ(kind("bytes=0-,0-"), Kind::partial);
  EXPECT_EQ(kind("bytes=0-,0-,0-"), Kind::whole);
  EXPECT_EQ(kind("bytes=0-59,50-99,0-9"), Kind::whole);
  EXPECT_EQ(kind("bytes=0-9,5-14,10-19"), Kind::partial);  // three overlap, but draw less than the file
  EXPECT_EQ(kind("bytes=-50,-60,-1"), Kind::whole);
  EXPECT_EQ(kind("bytes=0-39,0-29,0-29"), Kind::partial);  // as many bytes as there are
  EXPECT_EQ(kind("bytes=0-39,0-29,0-30"), Kind::whole);
}

TEST(Range, HasALimitedNumberOfParts) {
  auto ranges = [](std::size_t count) {
    std::string header = "bytes=";
    for (std::size_t i = 0; i < count; ++i) header += std::to_string(2 * i) + "-" + std::to_string(2 * i) + ",";
    return header;
  };
  EXPECT_EQ(select_ranges(ranges(kMaxRanges), 1000).ranges.size(), kMaxRanges);
  EXPECT_EQ(select_ranges(ranges(kMaxRanges + 1), 1000).kind, Kind::whole);
}

TEST(ContentRange, IsWrittenWithItsSize) {
  EXPECT_EQ(format_content_range({0, 10}, 100), "bytes 0-9/100");
  EXPECT_EQ(format_content_range({0, kHuge}, kHuge), "bytes 0-18446744073709551614/18446744073709551615");
  EXPECT_EQ(format_unsatisfied_range(100), "bytes */100");
}

}  // namespace
}  // namespace dray::http

#include "lang/zip/records.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "lang/zip/testing/archives.h"

namespace dray::zip {
namespace {

using namespace std::chrono_literals;

constexpr ByteCount kLast = 0xFFFFFFFE, kMarker = 0xFFFFFFFF, kBeyond = 0x100000000;
// 2023-11-14T22:13:21Z: odd, so that the DOS time has to round down.
constexpr Seconds kTime{1'700'000'001s};

std::string local(const Entry& entry) {
  std::string out;
  append_local_header(entry, out);
  EXPECT_EQ(local_header_size(entry), out.size());
  return out;
}
std::string central(const Entry& entry) {
  std::string out;
  append_central_record(entry, out);
  EXPECT_EQ(central_record_size(entry), out.size());
  return out;
}
std::string end(const EndOfArchive& archive) {
  std::string out;
  append_end_records(archive, out);
  EXPECT_EQ(end_records_size(archive), out.size());
  return out;
}

// Hexadecimal without the blanks that make it readable.
std::string hex(std::string_view spaced) {
  std::string out;
  for (char c : spaced) {
    if (c != ' ') out += c;
  }
  return out;
}
std::string hex_of(std::string_view bytes) { return format_hex(bytes_of(bytes)); }

// The little-endian number at `offset`.
std::uint64_t number(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes.at(offset + i));
  return value;
}
std::uint64_t version(std::string_view header) { return number(header, header[2] == 1 ? 6 : 4, 2); }
std::uint32_t dos_time(Seconds time) {
  return static_cast<std::uint32_t>(number(local({.name = "a", .modified = time}), 10, 4));
}

TEST(Records, ArchiveHasTheseBytes) {
  auto archive = testing::make_archive({{"a.txt", "hi\n"}, {"\u00FC/", ""}});
  EXPECT_EQ(hex_of(archive),
            hex("504b0304 0a00 0000 0000 aab16e57 7a7a6fed 03000000 03000000 0500 0900 612e747874 5554050001 01f15365"
                "68690a"
                "504b0304 1400 0008 0000 aab16e57 00000000 00000000 00000000 0300 0900 c3bc2f 5554050001 01f15365"
                "504b0102 2d03 0a00 0000 0000 aab16e57 7a7a6fed 03000000 03000000 0500 0900 0000 0000 0000 0000a481"
                "00000000 612e747874 5554050001 01f15365"
                "504b0102 2d03 1400 0008 0000 aab16e57 00000000 00000000 00000000 0300 0900 0000 0000 0000 1000ed41"
                "2f000000 c3bc2f 5554050001 01f15365"
                "504b0506 0000 0000 0200 0200 76000000 59000000 0000"));
}

TEST(Records, ZipOfNothingIsAnEndRecord) {
  EXPECT_EQ(hex_of(testing::make_archive({})), hex("504b0506 0000 0000 0000 0000 00000000 00000000 0000"));
}

TEST(Records, VersionSaysWhatIsNeeded) {
  EXPECT_EQ(version(local({.name = "a"})), 10u);
  EXPECT_EQ(version(local({.name = "a/"})), 20u);
  EXPECT_EQ(version(local({.name = "a", .method = Method::deflated})), 20u);
  EXPECT_EQ(version(local({.name = "a", .size = kMarker, .stored_size = kMarker})), 45u);
}

TEST(Records, LocalHeaderRepeatsTheVersionOfAFarEntry) {
  Entry far{.name = "a", .local_offset = kMarker};
  EXPECT_EQ(version(central(far)), 45u);
  EXPECT_EQ(version(local(far)), 45u);
  EXPECT_EQ(local(far).size(), local({.name = "a"}).size());
}

TEST(Records, FlagSaysUtf8OnlyWhereTheNameIsNotPlain) {
  std::string name(70, 'x');
  EXPECT_EQ(number(local({.name = name}), 6, 2), 0u);
  for (std::size_t i = 0; i < name.size(); ++i) {  // wherever in a word of eight bytes the character lies
    auto other = name;
    other.replace(i, 1, "\u00E9");
    EXPECT_EQ(number(local({.name = other}), 6, 2), 0x800u) << i;
    EXPECT_EQ(number(central({.name = other}), 8, 2), 0x800u) << i;
  }
}

TEST(Records, DosTimeIsClampedAndEven) {
  EXPECT_EQ(dos_time(Seconds{0s}), 0x00210000u);
  EXPECT_EQ(dos_time(Seconds{std::chrono::seconds::min()}), 0x00210000u);
  EXPECT_EQ(dos_time(Seconds{315'532'800s}), 0x00210000u);  // 1980-01-01T00:00:00Z
  EXPECT_EQ(dos_time(Seconds{315'532'802s}), 0x00210001u);
  EXPECT_EQ(dos_time(kTime), dos_time(kTime - 1s));
  EXPECT_EQ(dos_time(Seconds{4'354'819'199s}), 0xFF9FBF7Du);  // 2107-12-31T23:59:59Z
  EXPECT_EQ(dos_time(Seconds{4'354'819'200s}), 0xFF9FBF7Du);
  EXPECT_EQ(dos_time(Seconds{std::chrono::seconds::max()}), 0xFF9FBF7Du);
}

TEST(Records, TimestampIsLeftOutBeyond32Bits) {
  auto has = [](std::chrono::seconds time) { return local({.name = "a", .modified = Seconds{time}}).size() == 40; };
  EXPECT_TRUE(has(2'147'483'647s));
  EXPECT_FALSE(has(2'147'483'648s));
  EXPECT_TRUE(has(-2'147'483'648s));
  EXPECT_FALSE(has(-2'147'483'649s));
  EXPECT_EQ(hex_of(local({.name = "a", .modified = Seconds{-1s}}).substr(31)), hex("5554050001 ffffffff"));
}

TEST(Records, LocalHeaderHasBothSizesInZip64WhereOneDoesNotFit) {
  for (auto [size, stored_size] : {std::pair{kMarker, kMarker}, {kBeyond, 7ul}, {kLast, kMarker}}) {
    auto header = local({.name = "a", .method = Method::deflated, .size = size, .stored_size = stored_size});
    EXPECT_EQ(number(header, 18, 8), 0xFFFFFFFFFFFFFFFFu);
    EXPECT_EQ(number(header, 28, 2), 29u);
    EXPECT_EQ(number(header, 31, 4), 0x00100001u);
    EXPECT_EQ(number(header, 35, 8), size);
    EXPECT_EQ(number(header, 43, 8), stored_size);
  }
}

TEST(Records, LocalHeaderOfTheLastSizeThatFitsHasNoZip64) {
  auto header = local({.name = "a", .size = kLast, .stored_size = kLast, .local_offset = kLast});
  EXPECT_EQ(version(header), 10u);
  EXPECT_EQ(number(header, 18, 8), 0xFFFFFFFEFFFFFFFEu);
  EXPECT_EQ(header.size(), 40u);
}

// Every mixture of values that fit and values that do not, in all three fields.
TEST(Records, CentralRecordHasJustTheZip64ValuesThatDoNotFit) {
  const ByteCount values[] = {0, kLast, kMarker, kBeyond};
  for (auto size : values) {
    for (auto stored_size : values) {
      for (auto offset : values) {
        auto record = central({.name = "a", .size = size, .stored_size = stored_size, .local_offset = offset});
        std::string expected;
        std::size_t at = 51;
        for (auto [value, field] : {std::pair{size, 24}, {stored_size, 20}, {offset, 42}}) {
          EXPECT_EQ(number(record, field, 4), std::min(value, kMarker));
          if (value < kMarker) continue;
          EXPECT_EQ(number(record, at, 8), value);
          at += 8;
        }
        bool zip64 = at > 51;
        EXPECT_EQ(record.size(), 47 + (zip64 ? at - 47 : 0) + 9);
        EXPECT_EQ(version(record), zip64 ? 45u : 10u);
        if (zip64) {
          EXPECT_EQ(number(record, 47, 4), (at - 51) << 16 | 1);
        }
      }
    }
  }
}

TEST(Records, EndRecordsHaveZip64OnlyWhereNeeded) {
  EXPECT_EQ(hex_of(end({65'534, kLast, kLast})), hex("504b0506 0000 0000 feff feff feffffff feffffff 0000"));
  for (EndOfArchive archive : {EndOfArchive{65'535, 0, 0},
                               {65'536, 0, 0},
                               {1, kMarker, 0},
                               {1, kBeyond, 0},
                               {1, 0, kMarker},
                               {1, 0, kBeyond},
                               {70'000, kBeyond, kBeyond}}) {
    auto records = end(archive);
    ASSERT_EQ(records.size(), 98u);
    EXPECT_EQ(hex_of(records.substr(0, 24)), hex("504b0606 2c00000000000000 2d03 2d00 00000000 00000000"));
    EXPECT_EQ(number(records, 24, 8), archive.entry_count);
    EXPECT_EQ(number(records, 32, 8), archive.entry_count);
    EXPECT_EQ(number(records, 40, 8), archive.central_size);
    EXPECT_EQ(number(records, 48, 8), archive.central_offset);
    EXPECT_EQ(hex_of(records.substr(56, 8)), hex("504b0607 00000000"));
    EXPECT_EQ(number(records, 64, 8), archive.central_offset + archive.central_size);
    EXPECT_EQ(number(records, 72, 4), 1u);
    EXPECT_EQ(hex_of(records.substr(76, 8)), hex("504b0506 0000 0000"));
    EXPECT_EQ(number(records, 84, 2), std::min<std::uint64_t>(archive.entry_count, 0xFFFF));
    EXPECT_EQ(number(records, 86, 2), std::min<std::uint64_t>(archive.entry_count, 0xFFFF));
    EXPECT_EQ(number(records, 88, 4), std::min(archive.central_size, kMarker));
    EXPECT_EQ(number(records, 92, 4), std::min(archive.central_offset, kMarker));
    EXPECT_EQ(number(records, 96, 2), 0u);
  }
}

TEST(Records, LengthsAgreeForNamesOfEveryKind) {
  for (std::size_t length : {0u, 1u, 7u, 8u, 9u, 255u, 65'535u}) {
    std::string name(length, 'n');
    EXPECT_EQ(local({.name = name, .modified = kTime}).size(), 30 + length + 9);
    EXPECT_EQ(central({.name = name, .modified = kTime}).size(), 46 + length + 9);
  }
}

}  // namespace
}  // namespace dray::zip

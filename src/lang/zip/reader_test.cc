#include "lang/zip/reader.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <map>

#include "lang/zip/testing/archives.h"

namespace dray::zip {
namespace {

using testing::make_archive;
using testing::TextInput;

// Far more zeros than memory has room for, with a few pieces of text among them.
class SparseInput final : public Input {
 public:
  void put(ByteCount offset, std::string text) {
    size_ = std::max(size_, offset + text.size());
    pieces_[offset] = std::move(text);
  }
  ByteCount size() const override { return size_; }
  Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const override {
    if (offset >= size_) return 0;
    auto length = std::min<ByteCount>(into.size(), size_ - offset);
    std::fill_n(into.begin(), length, std::byte{});
    for (const auto& [start, text] : pieces_) {
      auto from = std::max(offset, start), to = std::min(offset + length, start + text.size());
      if (from < to) std::memcpy(into.data() + (from - offset), text.data() + (from - start), to - from);
    }
    return static_cast<std::size_t>(length);
  }

 private:
  std::map<ByteCount, std::string> pieces_;
  ByteCount size_ = 0;
};

std::string deflate_raw(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// One entry whose headers say `entry`, around `data`.
std::string archive_of(Entry entry, std::string_view data) {
  std::string archive, directory;
  append_local_header(entry, archive);
  archive += data;
  append_central_record(entry, directory);
  EndOfArchive end{1, archive.size(), directory.size()};
  archive += directory;
  append_end_records(end, archive);
  return archive;
}
std::string deflated_archive(std::string_view text, std::string_view packed, ByteCount claimed_size) {
  return archive_of({.name = "a.txt",
                     .method = Method::deflated,
                     .crc32 = crc32_of(bytes_of(text)),
                     .size = claimed_size,
                     .stored_size = packed.size()},
                    packed);
}

Result<std::string> content_of(const Input& input, ReadEntry& entry) {
  std::string content;
  RETURN_IF_ERROR(read_entry(input, entry, [&](Bytes bytes) {
    content += text_of(bytes);
    return ok();
  }));
  return content;
}
Result<std::string> first_content(std::string_view archive) {
  TextInput input(archive);
  ASSIGN_OR_RETURN(auto directory, read_directory(input));
  return content_of(input, directory.entries.at(0));
}
// What a reader finds wrong, first in the directory, then in each entry; "" if nothing.
std::string complaint(const Input& input) {
  auto directory = read_directory(input);
  if (!directory) return directory.error().message;
  for (auto& entry : directory->entries) {
    if (auto content = content_of(input, entry); !content) return content.error().message;
  }
  return "";
}
std::string complaint(std::string_view archive) { return complaint(TextInput(archive)); }

std::string with(std::string text, std::size_t offset, std::string_view bytes) {
  return text.replace(offset, bytes.size(), bytes);
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(Reader, ReadsBackWhatTheWriterWrote) {
  auto archive = make_archive({{"a.txt", "hi\n"}, {"\u00FC/", ""}, {"\u00FC/b", std::string(200'000, 'b')}});
  TextInput input(archive);
  auto directory = read_directory(input);
  ASSERT_TRUE(directory) << directory.error().message;
  EXPECT_FALSE(directory->zip64);
  EXPECT_EQ(directory->end.entry_count, 3u);
  ASSERT_EQ(directory->entries.size(), 3u);
  EXPECT_EQ(directory->entries[1].name, "\u00FC/");
  EXPECT_TRUE(directory->entries[1].is_directory());
  EXPECT_EQ(directory->entries[0].modified, Seconds{std::chrono::seconds(1'700'000'001)});
  EXPECT_EQ(*content_of(input, directory->entries[0]), "hi\n");
  EXPECT_EQ(directory->entries[0].data_offset, 44u);
  EXPECT_EQ(*content_of(input, directory->entries[2]), std::string(200'000, 'b'));
}

TEST(Reader, TakesTheDosTimeWhereNothingBetterIs) {
  Seconds late{std::chrono::seconds(4'000'000'001)};  // beyond the extended timestamp
  auto archive = make_archive({{"a", "", late}});
  EXPECT_EQ(read_directory(TextInput(archive))->entries[0].modified, late - std::chrono::seconds(1));
  auto nonsense = with(archive, archive.size() - 22 - 47 + 12, std::string(4, '\0'));
  EXPECT_EQ(read_directory(TextInput(nonsense))->entries[0].modified, Seconds{std::chrono::seconds(315'532'800)});
}

TEST(Reader, TakesAComment) {
  auto archive = make_archive({{"a", "x"}});
  auto comment = std::string("PK\5\6") + std::string(60, 'c');  // looks like an end record
  auto commented = with(archive, archive.size() - 2, std::string("\x40\0", 2)) + comment;
  EXPECT_EQ(complaint(commented), "");
  EXPECT_EQ(complaint(with(archive, archive.size() - 2, "\xFF\xFF") + std::string(65'535, 'c')), "");
  EXPECT_SAYS(complaint(archive + "x"), "no end record");
}

TEST(Reader, CountsAround65535AndKnowsZip64) {
  for (std::size_t count : {65'534u, 65'535u, 65'536u}) {
    std::vector<testing::File> files(count);
    for (std::size_t i = 0; i < count; ++i) files[i].name = "f" + std::to_string(i);
    auto archive = make_archive(files);
    TextInput input(archive);
    auto directory = read_directory(input);
    ASSERT_TRUE(directory) << directory.error().message;
    EXPECT_EQ(directory->zip64, count >= 65'535);
    EXPECT_EQ(directory->entries.size(), count);
    EXPECT_TRUE(check_local_header(input, directory->entries.back()));
  }
}

// Two entries, the first of `size` bytes: sizes, offsets of entries and of the directory all pass 2^32 in turn.
TEST(Reader, ReadsSizesAndOffsetsAroundFourGibibytes) {
  for (ByteCount size : {0xFFFFFF00ull, 0xFFFFFFFEull, 0xFFFFFFFFull, 0x100000000ull, 0x3000000000ull}) {
    SparseInput input;
    Entry first{.name = "a", .size = size, .stored_size = size};
    Entry second{.name = "b/", .local_offset = local_header_size(first) + size};
    std::string a, b, directory, end;
    append_local_header(first, a);
    append_local_header(second, b);
    append_central_record(first, directory);
    append_central_record(second, directory);
    auto central_offset = second.local_offset + b.size();
    append_end_records({2, central_offset, directory.size()}, end);
    input.put(0, a);
    input.put(second.local_offset, b);
    input.put(central_offset, directory + end);

    auto read = read_directory(input);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->zip64, central_offset >= 0xFFFFFFFF);
    EXPECT_EQ(read->end.central_offset, central_offset);
    EXPECT_EQ(read->entries[0].size, size);
    EXPECT_EQ(read->entries[0].stored_size, size);
    EXPECT_EQ(read->entries[1].local_offset, second.local_offset);
    for (auto& entry : read->entries) {
      auto checked = check_local_header(input, entry);
      EXPECT_TRUE(checked) << checked.error().message;
    }
  }
}

TEST(Reader, InflatesAndChecks) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(7ll * i * i);
  auto packed = deflate_raw(text);
  EXPECT_EQ(*first_content(deflated_archive(text, packed, text.size())), text);
  EXPECT_EQ(*first_content(deflated_archive("", deflate_raw(""), 0)), "");
  EXPECT_SAYS(complaint(deflated_archive("another text", packed, text.size())), "CRC-32");
  EXPECT_SAYS(complaint(deflated_archive(text, packed, text.size() + 1)), "fewer bytes");
  EXPECT_SAYS(complaint(deflated_archive(text, packed, text.size() - 1)), "more bytes");
  EXPECT_SAYS(complaint(deflated_archive(text, packed + "x", text.size())), "after the end");
  EXPECT_SAYS(complaint(deflated_archive(text, packed.substr(0, packed.size() - 9), text.size())), "breaks off");
  EXPECT_SAYS(complaint(deflated_archive(text, "\xFF\xFF\xFF", text.size())), "not deflate");
  EXPECT_SAYS(complaint(deflated_archive(text, "", text.size())), "breaks off");
}

TEST(Reader, StopsABombAtTheSizeItClaims) {
  auto packed = deflate_raw(std::string(50'000'000, '\0'));
  auto archive = deflated_archive("", packed, 1000);
  TextInput input(archive);
  auto directory = read_directory(input);
  ASSERT_TRUE(directory);
  ByteCount received = 0;
  auto result = read_entry(input, directory->entries[0], [&](Bytes bytes) {
    received += bytes.size();
    return ok();
  });
  EXPECT_FALSE(result);
  EXPECT_LE(received, 1000u);
  EXPECT_SAYS(complaint(deflated_archive("", packed, ~0ull)), "fewer bytes");
}

TEST(Reader, HandsOnTheErrorOfTheSink) {
  auto archive = make_archive({{"a", "x"}});
  TextInput input(archive);
  auto directory = read_directory(input);
  auto result = read_entry(input, directory->entries[0], [](Bytes) -> Result<void> {
    return Error{Code::unavailable, "full"};
  });
  EXPECT_EQ(result.error().message, "full");
}

TEST(Reader, RefusesEveryShorterArchive) {
  auto archive = make_archive({{"a.txt", "hi\n"}, {"b/", ""}, {"b/c", "hello"}});
  for (std::size_t length = 0; length < archive.size(); ++length) {
    EXPECT_NE(complaint(std::string_view(archive).substr(0, length)), "") << length;
    EXPECT_NE(complaint(std::string_view(archive).substr(archive.size() - length)), "") << length;
  }
}

// A flipped bit is found, unless it is one that nothing depends on: times, versions and attributes.
TEST(Reader, FindsFlippedBits) {
  auto archive = make_archive({{"a", "hi"}});
  const std::size_t local = 0, central = 42, end = central + 56;
  auto harmless = [&](std::size_t offset) {
    auto in = [&](std::size_t start, std::size_t from, std::size_t to) {
      return offset >= start + from && offset < start + to;
    };
    return in(local, 4, 6) || in(local, 10, 14) || in(local, 31, 40) ||  // version, time, timestamp
           in(central, 4, 8) || in(central, 12, 16) || in(central, 36, 42) || in(central, 47, 56);
  };
  ASSERT_EQ(archive.size(), end + 22);
  for (std::size_t bit = 0; bit < archive.size() * 8; ++bit) {
    auto flipped = archive;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    auto found = complaint(flipped);
    EXPECT_TRUE(harmless(bit / 8) || found != "") << bit / 8 << " bit " << bit % 8;
  }
}

TEST(Reader, RefusesADirectoryThatLies) {
  auto archive = make_archive({{"a", "x"}, {"b", "y"}});
  auto end = archive.size() - 22;
  EXPECT_SAYS(complaint(with(archive, end + 8, std::string("\1\0\1\0", 4))), "more entries than are claimed");
  EXPECT_SAYS(complaint(with(archive, end + 8, std::string("\3\0\3\0", 4))), "more entries are claimed");
  EXPECT_SAYS(complaint(with(archive, end + 8, "\xFE\xFF\xFE\xFF")), "more entries are claimed");
  EXPECT_SAYS(complaint(with(archive, end + 16, "\x10")), "does not lie right before");
  EXPECT_SAYS(complaint(with(archive, end + 12, "\x6F")), "does not lie right before");
  EXPECT_SAYS(complaint("x" + archive), "does not lie right before");
}

TEST(Reader, RefusesSeveralDisks) {
  auto archive = make_archive({{"a", "x"}});
  auto end = archive.size() - 22;
  EXPECT_SAYS(complaint(with(archive, end + 4, "\1")), "several disks");
  EXPECT_SAYS(complaint(with(archive, end + 8, std::string("\0\0\1", 3))), "several disks");
  EXPECT_SAYS(complaint(with(archive, end - 56 + 34, "\1")), "another disk");
  EXPECT_EQ(read_directory(TextInput(with(archive, end + 4, "\1"))).error().code, Code::invalid);
}

TEST(Reader, RefusesEncryptionAndOtherMethods) {
  auto archive = make_archive({{"a", "x"}});
  auto central = archive.size() - 22 - 56;
  EXPECT_SAYS(complaint(with(archive, central + 8, "\1")), "encrypted");
  EXPECT_SAYS(complaint(with(archive, central + 8, "\x40")), "encrypted");
  EXPECT_SAYS(complaint(with(archive, central + 10, "\x0C")), "compression method 12");
  EXPECT_EQ(read_directory(TextInput(with(archive, central + 8, "\1"))).error().code, Code::invalid);
}

TEST(Reader, RefusesEntriesThatShareBytes) {
  std::string archive, directory;
  Entry entry{.name = "a", .crc32 = crc32_of(bytes_of("x")), .size = 1, .stored_size = 1};
  append_local_header(entry, archive);
  archive += "x";
  append_central_record(entry, directory);
  append_central_record(entry, directory);
  EndOfArchive end{2, archive.size(), directory.size()};
  archive += directory;
  append_end_records(end, archive);
  EXPECT_SAYS(complaint(archive), "share bytes");
}

TEST(Reader, TakesADirectoryInAnotherOrderThanTheEntries) {
  Entry a{.name = "a"}, b{.name = "b", .local_offset = local_header_size(a)};
  std::string archive, directory;
  append_local_header(a, archive);
  append_local_header(b, archive);
  append_central_record(b, directory);
  append_central_record(a, directory);
  EndOfArchive end{2, archive.size(), directory.size()};
  archive += directory;
  append_end_records(end, archive);
  EXPECT_EQ(complaint(archive), "");
  EXPECT_EQ(read_directory(TextInput(archive))->entries[0].name, "b");
}

TEST(Reader, RefusesALocalHeaderThatDisagrees) {
  auto archive = make_archive({{"a", "x"}});
  EXPECT_SAYS(complaint(with(archive, 0, "Q")), "no local header");
  EXPECT_SAYS(complaint(with(archive, 7, "\x08")), "another set of flags");
  EXPECT_SAYS(complaint(with(archive, 8, "\x08")), "another method");
  EXPECT_SAYS(complaint(with(archive, 14, "\x01")), "another CRC-32");
  EXPECT_SAYS(complaint(with(archive, 18, "\x02")), "another stored size");
  EXPECT_SAYS(complaint(with(archive, 22, "\x02")), "another size");
  EXPECT_SAYS(complaint(with(archive, 30, "b")), "another name");
  EXPECT_SAYS(complaint(with(archive, 40, "y")), "CRC-32 of an entry is wrong");
}

TEST(Reader, LetsALocalHeaderBeSilentOnlyBeforeADataDescriptor) {
  auto archive = make_archive({{"a", "x"}});
  auto central = archive.size() - 22 - 56;
  auto silent = with(archive, 14, std::string(12, '\0'));
  EXPECT_SAYS(complaint(silent), "another CRC-32");
  EXPECT_EQ(complaint(with(with(silent, 6, "\x08"), central + 8, "\x08")), "");
  EXPECT_SAYS(complaint(with(with(archive, 6, "\x08"), central + 8, "\x08").replace(14, 1, "?")), "another CRC-32");
}

// Offsets and lengths near 2^64 must not wrap around.
TEST(Reader, RefusesHugeZip64Numbers) {
  Entry entry{.name = "a", .size = 1ull << 40, .stored_size = 1ull << 40, .local_offset = 1ull << 40};
  for (ByteCount huge : {~0ull, ~0ull - 30, 1ull << 63}) {
    auto lying = entry;
    lying.size = lying.stored_size = huge;
    lying.local_offset = 0;
    EXPECT_SAYS(complaint(archive_of(lying, "x")), "does not lie before");
    lying = {.name = "a", .local_offset = huge};
    EXPECT_SAYS(complaint(archive_of(lying, "x")), "does not lie before");
    std::string records;
    append_end_records({1, huge, 46}, records);
    EXPECT_NE(complaint(std::string(100, 'x') + records), "");
    records.clear();
    append_end_records({huge, 0, 100}, records);
    EXPECT_NE(complaint(std::string(100, 'x') + records), "");
    ReadEntry forged{.name = "a", .local_offset = huge};
    auto archive = make_archive({{"a", "x"}});
    EXPECT_FALSE(check_local_header(TextInput(archive), forged));
  }
}

TEST(Reader, RefusesZip64RecordsThatDisagree) {
  std::vector<testing::File> files(65'535, {"a", ""});
  auto archive = make_archive(files);
  auto end = archive.size() - 22, locator = end - 20, record = locator - 56;
  EXPECT_EQ(complaint(archive), "");
  EXPECT_SAYS(complaint(with(archive, locator + 16, "\2")), "several disks");
  EXPECT_SAYS(complaint(with(archive, locator + 8, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")), "points beyond");
  EXPECT_SAYS(complaint(with(archive, locator + 8, std::string(8, '\0'))), "no Zip64 end record");
  EXPECT_SAYS(complaint(with(archive, record + 4, "\x2D")), "does not reach");
  EXPECT_SAYS(complaint(with(archive, record + 40, "?")), "differ");
  EXPECT_SAYS(complaint(with(archive, record + 16, "\1")), "differ");
  EXPECT_SAYS(complaint(with(archive, locator, "Q")), "does not lie right before");
}

TEST(Reader, RefusesExtraFieldsThatDoNotAddUp) {
  auto archive = make_archive({{"a", "x"}});
  auto extra = archive.size() - 22 - 9;
  EXPECT_SAYS(complaint(with(archive, extra + 2, "\6")), "longer than the extra fields");
  EXPECT_SAYS(complaint(with(archive, extra + 2, "\4")), "after the last extra field");
  auto zip64 = archive_of({.name = "a", .size = 1ull << 32, .stored_size = 1ull << 32}, "x");
  auto field = zip64.size() - 22 - 9 - 20;
  EXPECT_SAYS(complaint(with(zip64, field, std::string("\1\0\x08\0ABCDEFGH\x02\0\4\0", 16))), "too short");
  EXPECT_SAYS(complaint(with(zip64, field, std::string("\1\0\4\0ABCD\1\0\x08\0", 12))), "two Zip64");
}

TEST(Reader, RefusesNamesThatAreNotWhatTheySay) {
  EXPECT_SAYS(complaint(make_archive({{"", "x"}})), "without a name");
  EXPECT_SAYS(complaint(make_archive({{"\xFF", "x"}})), "marked as UTF-8");
}

TEST(EntryName, MayNotEscape) {
  for (std::string good : {"a", "a/b.jpg", "a/", "..a/b..", "a/.../b", "写真/ü", ".hidden", "12:30"}) {
    EXPECT_TRUE(check_entry_name(good)) << good;
  }
  for (std::string bad :
       {"", "/", "/etc/passwd", "//host/share", "..", "../a", "a/..", "a/../../b", "a\\b", "..\\a", "C:/x", "c:x"}) {
    EXPECT_FALSE(check_entry_name(bad)) << bad;
  }
  EXPECT_FALSE(check_entry_name(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace dray::zip

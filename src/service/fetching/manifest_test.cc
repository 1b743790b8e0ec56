#include "service/fetching/manifest.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "service/fetching/testing/manifests.h"

namespace dray::fetching {
namespace {

Result<Manifest> read_in_pieces(const std::string& text, std::size_t piece) {
  ManifestReader reader;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    RETURN_IF_ERROR(reader.read(std::string_view(text).substr(at, piece)));
  }
  return reader.finish();
}

Result<Manifest> read(const std::string& text) { return read_in_pieces(text, text.size()); }

TEST(Manifest, IsReadInPiecesOfAnySize) {
  auto text = manifest_text(1000, {{"a/", 0, 0}, {"a/b\\u00fc.jpg", 100, 200}, {"c", 400, 100}});
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, text.size()}) {
    auto manifest = read_in_pieces(text, piece);
    ASSERT_TRUE(manifest) << manifest.error().message;
    ASSERT_EQ(manifest->count(), 3u);
    EXPECT_EQ(manifest->name, "shoot.zip");
    EXPECT_EQ(manifest->artifact, (Identity{"\"tag\"", 1000}));
    EXPECT_TRUE(manifest->entry(0).is_directory());
    EXPECT_EQ(manifest->entry(1).name, "a/b\u00FC.jpg");
    EXPECT_EQ(manifest->entry(1).data, (ByteRange{100, 200}));
    EXPECT_EQ(manifest->entry(1).crc32, 0x0a1b2c3du);
    EXPECT_EQ(manifest->entry(1).modified, parse_utc("2024-05-06T07:08:10Z"));
    EXPECT_FALSE(manifest->is_bare());
  }
}

TEST(Manifest, SkipsMembersItDoesNotKnow) {
  auto text = manifest_text(10, {{"c", 0, 10}});
  text.insert(1, R"("new":{"entries":[{"name":"x"}],"size":5},"other":[[{"name":1}],null,true,1.5],)");
  text.insert(text.find("\"offset\""), R"("more":{"size":7,"offset":3},"list":[{"name":"y"}],)");
  auto manifest = read(text);
  ASSERT_TRUE(manifest) << manifest.error().message;
  ASSERT_EQ(manifest->count(), 1u);
  EXPECT_EQ(manifest->entry(0).name, "c");
  EXPECT_EQ(manifest->artifact.size, 10u);
  EXPECT_TRUE(manifest->is_bare());
}

TEST(Manifest, OrdersEntriesByTheirBytes) {
  auto manifest = read(manifest_text(1000, {{"last", 500, 100}, {"empty", 700, 0}, {"first", 0, 500}}));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->entry(0).name, "empty");
  EXPECT_EQ(manifest->entry(1).name, "first");
  EXPECT_EQ(manifest->find_by_offset(0), 1u);
  EXPECT_EQ(manifest->find_by_offset(499), 1u);
  EXPECT_EQ(manifest->find_by_offset(500), 2u);
  EXPECT_EQ(manifest->find_by_offset(600), 3u);
}

TEST(Manifest, RefusesWhatCannotBe) {
  for (const auto& entries : std::vector<std::vector<TestEntry>>{
           {{"a", 0, 100}, {"b", 99, 100}}, {{"a", 900, 101}}, {{"a", 1000, 1}}, {{"", 0, 1}}, {{"a/", 0, 1}}}) {
    auto manifest = read(manifest_text(1000, entries));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, Code::corrupt);
  }
  EXPECT_FALSE(read(R"({"size":1,"etag":"t","entries":[{"name":"a","offset":18446744073709551615,"size":2}]})"));
  EXPECT_FALSE(read(R"({"size":1,"entries":[]})"));
  EXPECT_FALSE(read(R"({"size":1,"etag":"t","entries":[{"name":"a"}]})"));
  EXPECT_FALSE(read(R"({"size":1,"etag":"t","entries":[)"));
  EXPECT_FALSE(read("[]x"));
  EXPECT_FALSE(read("<html>"));
  EXPECT_FALSE(read(std::string(5000, '[')));
}

TEST(CheckNames, RefusesWhatCannotLieSideBySide) {
  auto names = [](std::vector<std::string> list) {
    std::vector<TestEntry> entries;
    for (auto& name : list) entries.push_back({name, entries.size() * 10, name.ends_with('/') ? 0u : 10u});
    return check_names(make_manifest(1000, entries));
  };
  EXPECT_TRUE(names({"a", "a.b", "a-", "b/", "b/c", "b/d/", "b/d/e"}));
  EXPECT_FALSE(names({"a", "b", "a"}));
  EXPECT_FALSE(names({"a", "a.b", "a/b"}));
  EXPECT_FALSE(names({"a/", "a.b", "a"}));
  EXPECT_FALSE(names({"a/", "a/"}));
  EXPECT_FALSE(names({"good", "../bad"}));
}

TEST(Manifest, NeedsLittleMemoryForManyEntries) {
  ManifestReader reader;
  ASSERT_TRUE(reader.read(R"({"size":100000000000,"etag":"t","entries":[)"));
  for (int i = 0; i < 200'000; ++i) {
    auto text = entry_text({fmt::format("folder/{:06}.jpg", i), static_cast<ByteCount>(i) * 1000, 900});
    ASSERT_TRUE(reader.read(i ? "," + text : text));
  }
  ASSERT_TRUE(reader.read("]}"));
  auto manifest = reader.finish();
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->count(), 200'000u);
  EXPECT_EQ(manifest->entry(manifest->find_by_offset(123'456'000)).name, "folder/123456.jpg");
}

}  // namespace
}  // namespace dray::fetching

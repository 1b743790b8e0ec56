#include "pipeline/layout/layout.h"

#include <gtest/gtest.h>

#include "pipeline/layout/manifest.h"

namespace dray::pipeline {
namespace {

// A selection and a plan of files with these sizes, named by their numbers.
Layout layout_of(const std::vector<ByteCount>& sizes) {
  Selection selection;
  PlannedArchive archive{"x.zip", {}};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    SelectedEntry entry;
    entry.content = {sha256_of(bytes_of(std::to_string(i))), sizes[i], static_cast<std::uint32_t>(i)};
    entry.modified = Seconds(std::chrono::seconds(1'700'000'000 + i));
    selection.entries.push_back(entry);
    archive.entries.push_back({std::to_string(i) + ".jpg", static_cast<std::uint32_t>(i)});
  }
  archive.entries.push_back({"empty/", kDirectoryEntry});
  return *lay_out(archive, selection);
}

TEST(Layout, LeavesNoGapAndNoOverlap) {
  auto layout = layout_of({10, 0, ByteCount{5} << 30, 7});
  ByteCount expected = 0;
  for (const auto& entry : layout.entries) {
    EXPECT_EQ(entry.local_offset, expected);
    expected = entry.data_offset() + entry.content.size;
  }
  EXPECT_EQ(layout.end.central_offset, expected);
  EXPECT_EQ(layout.entries.front().central_offset, expected);
  EXPECT_EQ(layout.length, expected + layout.end.central_size + zip::end_records_size(layout.end));
  EXPECT_EQ(layout.last_modified, Seconds(std::chrono::seconds(1'700'000'003)));
  EXPECT_EQ(layout.entries.back().modified, layout.last_modified) << "a directory";
}

TEST(Layout, RefusesANameThatAZipCannotHold) {
  EXPECT_EQ(lay_out({"x.zip", {{std::string(65'536, 'x'), kDirectoryEntry}}}, {}).error().code, Code::invalid);
}

TEST(Layout, PlacesAMillionEntriesInSeconds) {
  auto start = std::chrono::steady_clock::now();
  auto layout = layout_of(std::vector<ByteCount>(1'000'000, 5'000));
  EXPECT_EQ(layout.end.entry_count, 1'000'001u);
  EXPECT_LT(std::chrono::steady_clock::now() - start,
            std::chrono::seconds(90));  // half a second; a thread sanitizer's build takes 30
}

TEST(Manifest, SaysWhatTheLayoutSays) {
  auto layout = layout_of({10, 0, ByteCount{5} << 30, 7});
  auto bytes = format_manifest(layout);
  ASSERT_TRUE(check_manifest(bytes_of(bytes))) << check_manifest(bytes_of(bytes)).error().message;
  auto view = *ManifestView::open(bytes_of(bytes));
  EXPECT_EQ(view.archive_length(), layout.length);
  EXPECT_EQ(view.last_modified(), layout.last_modified);
  ASSERT_EQ(view.entry_count(), layout.entries.size());
  for (std::uint64_t i = 0; i < view.entry_count(); ++i) {
    auto entry = *view.entry(i);
    EXPECT_EQ(entry.name, layout.entries[i].name);
    EXPECT_EQ(entry.content, layout.entries[i].content);
    EXPECT_EQ(entry.modified, layout.entries[i].modified);
    EXPECT_EQ(entry.local_offset, layout.entries[i].local_offset);
    EXPECT_EQ(view.find_by_local_offset(entry.local_offset), i);
    EXPECT_EQ(view.find_by_local_offset(entry.local_offset + 1), i);
    EXPECT_EQ(view.find_by_central_offset(entry.central_offset), i);
  }
}

TEST(Manifest, IsTheSameForTheSameLayout) {
  EXPECT_EQ(format_manifest(layout_of({1, 2, 3})), format_manifest(layout_of({1, 2, 3})));
  EXPECT_NE(format_manifest(layout_of({1, 2, 3})), format_manifest(layout_of({1, 2, 4})));
}

TEST(Manifest, NoticesEveryFlippedByteAndEveryCut) {
  auto bytes = format_manifest(layout_of({10, 20}));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    EXPECT_FALSE(check_manifest(bytes_of(damaged))) << "byte " << i;
    EXPECT_FALSE(check_manifest(bytes_of(bytes).first(i))) << "length " << i;
  }
}

}  // namespace
}  // namespace dray::pipeline

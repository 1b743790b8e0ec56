#include "service/fetching/placement.h"

#include <gtest/gtest.h>

#include <map>

#include "service/fetching/testing/manifests.h"

namespace dray::fetching {
namespace {

constexpr ByteCount kChunk = 10'000;

// An archive of 40,000 bytes: small files share chunk 0, "film" lies in chunks 0 to 2, chunk 3 has the directory alone.
Manifest shoot() {
  return make_manifest(40'000,
                       {{"folder/", 0, 0}, {"empty", 0, 0}, {"a", 100, 50}, {"b", 200, 50}, {"film", 300, 24'000}});
}

std::vector<std::size_t> sorted(std::vector<std::size_t> entries) {
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::size_t index_of(const Manifest& manifest, std::string_view name) {
  for (std::size_t i = 0; i < manifest.count(); ++i) {
    if (manifest.entry(i).name == name) return i;
  }
  return SIZE_MAX;
}

TEST(Placement, GivesEveryByteToItsFileHoweverItIsCut) {
  auto manifest = shoot();
  std::string archive(40'000, 'h');
  for (std::size_t i = 0; i < archive.size(); ++i) archive[i] = static_cast<char>(i * 7);
  for (std::size_t step : {1u, 3u, 77u, 16'384u, 40'000u}) {
    std::map<std::size_t, std::string> files;
    for (std::size_t at = 0; at < archive.size(); at += step) {
      auto placed =
          for_each_piece(manifest, at, bytes_of(std::string_view(archive).substr(at, step)), [&](const Piece& piece) {
            EXPECT_FALSE(piece.bytes.empty());
            EXPECT_EQ(piece.offset, files[piece.entry].size());
            files[piece.entry] += text_of(piece.bytes);
            return ok();
          });
      EXPECT_TRUE(placed);
    }
    EXPECT_EQ(files.size(), 3u);
    for (const auto& [index, content] : files) {
      auto data = manifest.entry(index).data;
      EXPECT_EQ(content, archive.substr(data.offset, data.length)) << step;
    }
  }
}

TEST(Placement, HandsOnTheFirstError) {
  auto manifest = shoot();
  std::string bytes(1000, 'x');
  int calls = 0;
  auto placed = for_each_piece(manifest, 0, bytes_of(bytes), [&](const Piece&) -> Result<void> {
    ++calls;
    return Error{Code::unavailable, "full"};
  });
  EXPECT_FALSE(placed);
  EXPECT_EQ(calls, 1);
}

TEST(CompletionCount, TellsFilesAsTheirLastChunkComes) {
  auto manifest = shoot();
  std::vector<EntryState> states(manifest.count(), EntryState::wanted);
  CompletionCount count(manifest, ChunkGrid(40'000, kChunk), states, {true, true, true, false});
  EXPECT_EQ(count.complete(), std::vector{index_of(manifest, "empty")});
  EXPECT_TRUE(count.finish(2).empty());
  EXPECT_EQ(sorted(count.finish(0)), sorted({index_of(manifest, "a"), index_of(manifest, "b")}));
  EXPECT_EQ(count.finish(1), std::vector{index_of(manifest, "film")});
}

TEST(CompletionCount, TakesUpWhereAnEarlierRunEnded) {
  auto manifest = shoot();
  std::vector<EntryState> states(manifest.count(), EntryState::wanted);
  states[index_of(manifest, "a")] = EntryState::staged;
  states[index_of(manifest, "empty")] = EntryState::kept;
  CompletionCount count(manifest, ChunkGrid(40'000, kChunk), states, {false, false, true, false});
  EXPECT_EQ(count.complete(), std::vector{index_of(manifest, "b")});
  EXPECT_EQ(count.finish(2), std::vector{index_of(manifest, "film")});
}

}  // namespace
}  // namespace dray::fetching

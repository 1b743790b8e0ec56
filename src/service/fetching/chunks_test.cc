#include "service/fetching/chunks.h"

#include <gtest/gtest.h>

namespace dray::fetching {
namespace {

constexpr ByteCount kChunk = 10'000;

std::vector<ByteRange> take_all(ChunkQueue& queue) {
  std::vector<ByteRange> runs;
  while (auto run = queue.take()) runs.push_back(*run);
  return runs;
}

TEST(ChunkGrid, CoversTheFileAndNoMore) {
  ChunkGrid grid(25'000, kChunk);
  EXPECT_EQ(grid.count(), 3u);
  EXPECT_EQ(grid.range_of(1), (ByteRange{10'000, 10'000}));
  EXPECT_EQ(grid.range_of(2), (ByteRange{20'000, 5'000}));
  EXPECT_EQ(ChunkGrid(20'000, kChunk).count(), 2u);
  EXPECT_EQ(ChunkGrid(0, kChunk).count(), 0u);
}

TEST(ChunkGrid, FindsTheChunksOfARange) {
  ChunkGrid grid(25'000, kChunk);
  EXPECT_EQ(grid.span_of({0, 10'000}), (ChunkGrid::Span{0, 1}));
  EXPECT_EQ(grid.span_of({9'999, 2}), (ChunkGrid::Span{0, 2}));
  EXPECT_EQ(grid.span_of({24'999, 1}), (ChunkGrid::Span{2, 3}));
  EXPECT_EQ(grid.span_of({5, 0}).count(), 0u);
}

TEST(ChunkGrid, KeepsTheJournalSmallForHugeFiles) {
  auto grid = ChunkGrid::cut(ByteCount{1} << 50, kSmallestChunk);
  EXPECT_LE(grid.count(), kMostChunks);
  EXPECT_EQ(ChunkGrid::cut(1'000'000, 1).chunk_size(), kSmallestChunk);
  EXPECT_EQ(ChunkGrid::cut(1'000'000, 8 << 20).chunk_size(), 8u << 20);
}

TEST(ChunkQueue, HandsOutEveryWantedChunkOnce) {
  ChunkGrid grid(1'000'000, kChunk);
  std::vector<bool> wanted(100, true);
  wanted[3] = wanted[50] = wanted[99] = false;
  ChunkQueue queue(grid, wanted, 2);
  std::vector<bool> taken(100);
  for (auto run : take_all(queue)) {
    auto span = grid.span_of(run);
    for (auto chunk = span.first; chunk < span.end; ++chunk) {
      EXPECT_FALSE(taken[chunk]);
      taken[chunk] = true;
    }
  }
  EXPECT_EQ(taken, wanted);
}

TEST(ChunkQueue, GivesLongRunsFirstAndSingleChunksAtTheEnd) {
  ChunkQueue queue(ChunkGrid(10'000'000, kChunk), std::vector<bool>(1000, true), 4);
  auto runs = take_all(queue);
  EXPECT_EQ(runs.front().length, 16 * kChunk);
  EXPECT_EQ(runs.back().length, kChunk);
}

TEST(ChunkQueue, IsEmptyOnceClosed) {
  ChunkQueue queue(ChunkGrid(100'000, kChunk), std::vector<bool>(10, true), 1);
  EXPECT_TRUE(queue.take());
  queue.close();
  EXPECT_FALSE(queue.take());
  EXPECT_TRUE(queue.is_closed());
}

}  // namespace
}  // namespace dray::fetching

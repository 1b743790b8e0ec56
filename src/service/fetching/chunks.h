// A file cut into pieces that are fetched, kept and counted on their own.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace dray::fetching {

inline constexpr ByteCount kSmallestChunk = 4 * 1024;
inline constexpr ByteCount kLargestChunk = 1024 * 1024 * 1024;
inline constexpr std::uint64_t kMostChunks = 4'000'000;  // each needs a byte of memory and of the journal

// Chunk i has the bytes from i * chunk_size on; only the last may be shorter.
class ChunkGrid {
 public:
  ChunkGrid() = default;
  ChunkGrid(ByteCount size, ByteCount chunk_size) : size_(size), chunk_size_(chunk_size) {}
  // With the wished size, or a larger one where that would make more than kMostChunks.
  static ChunkGrid cut(ByteCount size, ByteCount wished);

  ByteCount size() const { return size_; }
  ByteCount chunk_size() const { return chunk_size_; }
  std::uint64_t count() const { return size_ / chunk_size_ + (size_ % chunk_size_ != 0); }
  std::uint64_t chunk_at(ByteCount offset) const { return offset / chunk_size_; }
  ByteRange range_of(std::uint64_t chunk) const;

  // The chunks that have bytes of `range`: from first on, before end. None for an empty range.
  struct Span {
    std::uint64_t first = 0, end = 0;
    std::uint64_t count() const { return end - first; }
    bool operator==(const Span&) const = default;
  };
  Span span_of(ByteRange range) const;

 private:
  ByteCount size_ = 0, chunk_size_ = 1;
};

// What is still to be fetched, handed out in runs of neighbouring chunks: long ones while there is much, so that few
// requests are made, single ones at the end, so that all connections end together. From any thread.
class ChunkQueue {
 public:
  ChunkQueue(const ChunkGrid& grid, std::vector<bool> wanted, unsigned connections);

  // The bytes of one run, which is then the caller's to fetch; nullopt when nothing is left.
  std::optional<ByteRange> take();
  void close();  // nothing is handed out any more
  bool is_closed() const;

 private:
  static constexpr std::uint64_t kLongestRun = 16;

  const ChunkGrid grid_;
  const unsigned connections_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<bool> wanted_;
  std::uint64_t next_ = 0;
  std::uint64_t left_ = 0;
  bool closed_ = false;
};

}  // namespace dray::fetching

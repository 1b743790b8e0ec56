#include "service/fetching/chunks.h"

#include <algorithm>

namespace dray::fetching {

ChunkGrid ChunkGrid::cut(ByteCount size, ByteCount wished) {
  auto chunk = std::clamp(wished, kSmallestChunk, kLargestChunk);
  while (size / chunk >= kMostChunks) chunk *= 2;
  return {size, chunk};
}

ByteRange ChunkGrid::range_of(std::uint64_t chunk) const {
  auto offset = chunk * chunk_size_;
  return {offset, std::min(chunk_size_, size_ - offset)};
}

ChunkGrid::Span ChunkGrid::span_of(ByteRange range) const {
  if (range.length == 0) return {};
  return {chunk_at(range.offset), chunk_at(range.end() - 1) + 1};
}

ChunkQueue::ChunkQueue(const ChunkGrid& grid, std::vector<bool> wanted, unsigned connections)
    : grid_(grid), connections_(std::max(1u, connections)), wanted_(std::move(wanted)) {
  left_ = static_cast<std::uint64_t>(std::count(wanted_.begin(), wanted_.end(), true));
}

std::optional<ByteRange> ChunkQueue::take() {
  std::lock_guard lock(mutex_);
  while (next_ < wanted_.size() && !wanted_[next_]) ++next_;
  if (next_ >= wanted_.size()) return std::nullopt;
  auto longest = std::clamp<std::uint64_t>(left_ / (4 * connections_), 1, kLongestRun);
  auto first = grid_.range_of(next_);
  auto end = first.offset;
  for (; longest > 0 && next_ < wanted_.size() && wanted_[next_]; --longest, ++next_, --left_)
    end = grid_.range_of(next_).end();
  return ByteRange{first.offset, end - first.offset};
}

void ChunkQueue::close() {
  std::lock_guard lock(mutex_);
  next_ = wanted_.size();
  closed_ = true;
}

bool ChunkQueue::is_closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace dray::fetching

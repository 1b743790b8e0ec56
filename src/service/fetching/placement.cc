#include "service/fetching/placement.h"

#include <algorithm>

namespace dray::fetching {

Result<void> for_each_piece(const Manifest& manifest, ByteCount offset, Bytes bytes,
                            const std::function<Result<void>(const Piece&)>& each) {
  auto end = offset + bytes.size();
  for (auto index = manifest.find_by_offset(offset); index < manifest.count(); ++index) {
    auto data = manifest.entry(index).data;
    if (data.offset >= end) break;
    if (data.length == 0) continue;
    auto from = std::max(offset, data.offset), to = std::min(end, data.end());
    RETURN_IF_ERROR(each({index, from - data.offset, bytes.subspan(from - offset, to - from)}));
  }
  return ok();
}

EntrySpan entries_in(const Manifest& manifest, ByteRange range) {
  auto first = manifest.find_by_offset(range.offset), end = first;
  while (end < manifest.count() && manifest.entry(end).data.offset < range.end()) ++end;
  return {first, end};
}

CompletionCount::CompletionCount(const Manifest& manifest, const ChunkGrid& grid, const std::vector<EntryState>& states,
                                 const std::vector<bool>& missing)
    : manifest_(manifest), grid_(grid), left_(manifest.count()) {
  for (std::size_t i = 0; i < manifest.count(); ++i) {
    auto entry = manifest.entry(i);
    if (states[i] != EntryState::wanted || entry.is_directory()) continue;
    auto span = grid.span_of(entry.data);
    for (auto chunk = span.first; chunk < span.end; ++chunk) left_[i] += missing[chunk];
    if (left_[i] == 0) complete_.push_back(i);
  }
}

std::vector<std::size_t> CompletionCount::finish(std::uint64_t chunk) {
  std::vector<std::size_t> complete;
  auto span = entries_in(manifest_, grid_.range_of(chunk));
  std::lock_guard lock(mutex_);
  for (auto i = span.first; i < span.end; ++i) {
    if (left_[i] > 0 && --left_[i] == 0) complete.push_back(i);
  }
  return complete;
}

}  // namespace dray::fetching

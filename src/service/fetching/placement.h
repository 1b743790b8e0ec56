// Which bytes of an archive belong to which file, and which files are complete once certain chunks are there.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "service/fetching/chunks.h"
#include "service/fetching/manifest.h"

namespace dray::fetching {

struct Piece {
  std::size_t entry = 0;
  ByteCount offset = 0;  // in the entry
  Bytes bytes;           // never empty
};

// Hands over what among `bytes`, which lie at `offset` of the archive, is data of entries; the headers between are
// dropped.
Result<void> for_each_piece(const Manifest& manifest, ByteCount offset, Bytes bytes,
                            const std::function<Result<void>(const Piece&)>& each);

// The entries with data in `range`: from first on, before end.
struct EntrySpan {
  std::size_t first = 0, end = 0;
};
EntrySpan entries_in(const Manifest& manifest, ByteRange range);

enum class EntryState : std::uint8_t {
  wanted,  // to be fetched, or fetched and not yet checked
  staged,  // fetched and checked
  kept,    // was in its final place before, with the right content
};

// Counts the chunks that each wanted file still needs. From any thread.
class CompletionCount {
 public:
  // `missing` says which chunks are not there yet. Files that miss none are in complete() at once, empty ones too;
  // folders never.
  CompletionCount(const Manifest& manifest, const ChunkGrid& grid, const std::vector<EntryState>& states,
                  const std::vector<bool>& missing);

  const std::vector<std::size_t>& complete() const { return complete_; }
  // The chunk, missing until now, is there: the files that are complete with it.
  std::vector<std::size_t> finish(std::uint64_t chunk);

 private:
  const Manifest& manifest_;
  const ChunkGrid grid_;
  std::vector<std::size_t> complete_;
  std::mutex mutex_;                 // guards left_
  std::vector<std::uint32_t> left_;  // chunks that each file still needs; 0: complete, or not wanted
};

}  // namespace dray::fetching

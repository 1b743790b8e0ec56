// Fetches the wanted chunks of one file over several connections.
#pragma once

#include <functional>
#include <memory>

#include "service/fetching/answers.h"
#include "service/fetching/chunks.h"
#include "service/fetching/means.h"
#include "service/fetching/url.h"

namespace dray::fetching {

struct RemoteFile {
  Url url;
  Identity identity;
};

// Where one connection's bytes go. One thread at a time.
class ChunkWriter {
 public:
  virtual ~ChunkWriter() = default;
  // Bytes at `offset` of the file, one after another within a chunk. A chunk may be broken off and is then begun anew
  // only after this process has ended.
  virtual Result<void> write(ByteCount offset, Bytes bytes) = 0;
  // All bytes of the chunk have been written by this writer.
  virtual Result<void> finish_chunk(std::uint64_t chunk) = 0;
};
using OpenWriter = std::function<Result<std::unique_ptr<ChunkWriter>>()>;
// Opens a connection; replaced in tests.
using OpenConnection = std::function<std::unique_ptr<Connection>()>;

// Returns when the queue is empty and every chunk from it is finished, or with the first error, when all connections
// have ended. A range that breaks off goes on at the byte where it broke. `meter` gets every byte that was written.
Result<void> transfer(const RemoteFile& file, const ChunkGrid& grid, ChunkQueue& queue, const OpenWriter& open_writer,
                      Meter& meter, const Means& means);
Result<void> transfer(const RemoteFile& file, const ChunkGrid& grid, ChunkQueue& queue, const OpenWriter& open_writer,
                      Meter& meter, const Means& means, const OpenConnection& open);

}  // namespace dray::fetching

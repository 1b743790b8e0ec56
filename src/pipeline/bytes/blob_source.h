// A blob's bytes: as a part of an archive, or bare.
#pragma once

#include <memory>

#include "base/byte_source.h"
#include "model/blobs/blob_store.h"

namespace dray::pipeline {

// A blob while a cursor reads it. Hands out a region of its file where it is one, else reads into a buffer of its own.
class PieceReader {
 public:
  // Code::corrupt unless the blob has `expected_size` bytes.
  Result<void> open(const model::BlobStore& blobs, const model::BlobId& id, ByteCount expected_size);
  bool is_open() const { return blob_.has_value(); }
  void close() { blob_.reset(); }
  // What is there from `offset` on, before the blob's end: a buffer full, or all of it as a region, and then the blob
  // is closed: the region has what it needs.
  Result<ByteCursor::Piece> read(ByteCount offset);

 private:
  std::optional<model::OpenBlob> blob_;
  std::unique_ptr<std::byte[]> buffer_;
};

// One blob, bare. `blobs` outlives the source and every cursor.
std::shared_ptr<const ByteSource> make_blob_source(const model::BlobStore& blobs, const model::BlobId& id,
                                                   ByteCount size);

}  // namespace dray::pipeline

#include "model/blobs/blob_store.h"

#include <algorithm>
#include <cstring>

namespace dray::model {

Result<BlobSource::Piece> BytesSource::read(MutableBytes into) {
  auto count = std::min(into.size(), rest_.size());
  std::copy_n(rest_.begin(), count, into.begin());
  rest_ = rest_.subspan(count);
  return Piece{.bytes = count};
}

Result<Blob> put_blob(BlobStore& store, Bytes bytes) {
  auto batch = store.begin();
  BytesSource source(bytes);
  ASSIGN_OR_RETURN(auto blob, batch->put(source, bytes.size()));
  RETURN_IF_ERROR(batch->commit());
  return blob;
}

Result<std::string> read_blob(const BlobStore& store, const BlobId& id) {
  ASSIGN_OR_RETURN(auto reader, store.open(id));
  std::string content(reader->size(), '\0');
  ASSIGN_OR_RETURN(auto got, reader->read_at(0, std::as_writable_bytes(std::span(content))));
  content.resize(got);
  return content;
}

}  // namespace dray::model

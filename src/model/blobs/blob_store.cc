#include "model/blobs/blob_store.h"

#include <algorithm>
#include <cstring>

#include "base/file.h"

namespace dray::model {

Result<BlobSource::Piece> BytesSource::read(MutableBytes into) {
  auto count = std::min(into.size(), rest_.size());
  std::copy_n(rest_.begin(), count, into.begin());
  rest_ = rest_.subspan(count);
  return Piece{.bytes = count};
}

Result<std::size_t> OpenBlob::read_at(ByteCount offset, MutableBytes into) const {
  if (reader_) return reader_->read_at(offset, into);
  if (offset >= region_.length) return std::size_t{0};
  auto wanted = std::min<ByteCount>(into.size(), region_.length - offset);
  ASSIGN_OR_RETURN(auto got, dray::read_at(region_.fd, region_.offset + offset, into.first(wanted), "a blob"));
  if (got < wanted) return Error{Code::corrupt, "a stored blob is cut short"};
  return got;
}

Result<Blob> put_blob(BlobStore& store, Bytes bytes) {
  auto batch = store.begin();
  BytesSource source(bytes);
  ASSIGN_OR_RETURN(auto blob, batch->put(source, bytes.size()));
  RETURN_IF_ERROR(batch->commit());
  return blob;
}

Result<std::string> read_blob(const BlobStore& store, const BlobId& id) {
  ASSIGN_OR_RETURN(auto blob, store.open(id));
  std::string content(blob.size(), '\0');
  ASSIGN_OR_RETURN(auto got, blob.read_at(0, std::as_writable_bytes(std::span(content))));
  content.resize(got);
  return content;
}

}  // namespace dray::model

#include "pipeline/bytes/blob_source.h"

#include <fmt/format.h>

#include <algorithm>

namespace dray::pipeline {
namespace {

constexpr std::size_t kCopyBuffer = 64 * 1024;

class BlobByteSource final : public ByteSource, public std::enable_shared_from_this<BlobByteSource> {
 public:
  BlobByteSource(const model::BlobStore& blobs, const model::BlobId& id, ByteCount size)
      : blobs_(blobs), id_(id), size_(size) {}
  ByteCount size() const override { return size_; }
  std::unique_ptr<ByteCursor> open_cursor(ByteCount offset) const override;

  const model::BlobStore& blobs() const { return blobs_; }
  const model::BlobId& id() const { return id_; }

 private:
  const model::BlobStore& blobs_;
  const model::BlobId id_;
  const ByteCount size_;
};

class BlobCursor final : public ByteCursor {
 public:
  BlobCursor(std::shared_ptr<const BlobByteSource> source, ByteCount offset)
      : source_(std::move(source)), position_(offset) {}

  Result<Piece> next() override {
    if (position_ >= source_->size()) return Piece{};
    if (!blob_.is_open()) RETURN_IF_ERROR(blob_.open(source_->blobs(), source_->id(), source_->size()));
    ASSIGN_OR_RETURN(auto piece, blob_.read(position_));
    position_ += piece.length();
    return piece;
  }
  void seek(ByteCount offset) override { position_ = offset; }
  void rest() override { blob_ = {}; }

 private:
  std::shared_ptr<const BlobByteSource> source_;
  ByteCount position_;
  PieceReader blob_;
};

std::unique_ptr<ByteCursor> BlobByteSource::open_cursor(ByteCount offset) const {
  return std::make_unique<BlobCursor>(shared_from_this(), offset);
}

}  // namespace

Result<void> PieceReader::open(const model::BlobStore& blobs, const model::BlobId& id, ByteCount expected_size) {
  ASSIGN_OR_RETURN(auto blob, blobs.open(id));
  if (blob.size() != expected_size) {
    return Error{Code::corrupt,
                 fmt::format("the blob {} has {} bytes; {} were stored", id.hex(), blob.size(), expected_size)};
  }
  blob_ = std::move(blob);
  return ok();
}

Result<ByteCursor::Piece> PieceReader::read(ByteCount offset) {
  if (const auto* region = blob_->file_region()) {
    ByteCursor::Piece piece{{}, *region};
    piece.region.drop_front(offset);
    close();
    return piece;
  }
  if (!buffer_) buffer_ = std::make_unique<std::byte[]>(kCopyBuffer);
  ASSIGN_OR_RETURN(auto got, blob_->read_at(offset, {buffer_.get(), kCopyBuffer}));
  if (got == 0) return Error{Code::corrupt, "a stored blob is cut short"};
  return ByteCursor::Piece{text_of(Bytes(buffer_.get(), got)), {}};
}

std::shared_ptr<const ByteSource> make_blob_source(const model::BlobStore& blobs, const model::BlobId& id,
                                                   ByteCount size) {
  return std::make_shared<const BlobByteSource>(blobs, id, size);
}

}  // namespace dray::pipeline

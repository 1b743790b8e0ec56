// A file as the source of a blob, its holes as holes.
#pragma once

#include <atomic>
#include <string>

#include "model/blobs/blob_store.h"

namespace dray::service {

class FileSource final : public model::BlobSource {
 public:
  // `fd` outlives the source. `stop` ends the reading with Code::unavailable.
  FileSource(int fd, std::string name, ByteCount size, std::atomic<ByteCount>& bytes_done,
             const std::atomic<bool>& stop)
      : fd_(fd), name_(std::move(name)), size_(size), bytes_done_(bytes_done), stop_(stop) {}

  Result<Piece> read(MutableBytes into) override;
  bool has_failed() const { return failed_; }  // the file's fault, not the store's

 private:
  Result<Piece> read_piece(MutableBytes into);
  void look_for_data();

  const int fd_;
  const std::string name_;
  const ByteCount size_;
  std::atomic<ByteCount>& bytes_done_;
  const std::atomic<bool>& stop_;
  bool failed_ = false;
  ByteCount position_ = 0;
  ByteCount data_begin_ = 0, data_end_ = 0;  // the stretch of data at or after position_
};

}  // namespace dray::service

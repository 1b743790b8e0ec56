#include "service/importing/file_source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace dray::service {
namespace {
constexpr ByteCount kLongestHole = 256 * 1024 * 1024;  // told at once, so that progress moves
}

void FileSource::look_for_data() {
  auto data = ::lseek(fd_, static_cast<off_t>(position_), SEEK_DATA);
  if (data < 0) {  // ENXIO: a hole to the end; anything else: a file system that knows no holes
    data_begin_ = errno == ENXIO ? size_ : position_;
    data_end_ = size_;
    return;
  }
  data_begin_ = std::min(static_cast<ByteCount>(data), size_);
  auto hole = ::lseek(fd_, data, SEEK_HOLE);
  data_end_ = hole < 0 ? size_ : std::min(static_cast<ByteCount>(hole), size_);
}

Result<FileSource::Piece> FileSource::read(MutableBytes into) {
  auto piece = read_piece(into);
  failed_ = !piece;
  return piece;
}

Result<FileSource::Piece> FileSource::read_piece(MutableBytes into) {
  if (stop_) return Error{Code::unavailable, "stopped"};
  if (position_ >= size_) return Piece{};
  if (position_ >= data_end_) look_for_data();
  if (position_ < data_begin_) {
    auto zeros = std::min(data_begin_ - position_, kLongestHole);
    position_ += zeros;
    bytes_done_ += zeros;
    return Piece{.zeros = zeros};
  }
  auto wanted = std::min<ByteCount>(into.size(), data_end_ - position_);
  ASSIGN_OR_RETURN(auto got, read_at(fd_, position_, into.first(wanted), name_));
  if (got < wanted) return Error{Code::conflict, "it became shorter while it was read"};
  position_ += got;
  bytes_done_ += got;
  return Piece{.bytes = got};
}

}  // namespace dray::service

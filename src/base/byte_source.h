// Bytes that are served: a source of known length, read in pieces from any offset, as literals and regions of open
// files.
#pragma once

#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace dray {

// `length` bytes of an open file, from `offset` on. The file stays open as long as `owner` lives.
struct FileRegion {
  int fd = -1;
  ByteCount offset = 0;
  ByteCount length = 0;
  std::shared_ptr<const void> owner = {};
  // Where the file is mapped, the region's first byte. For system calls only: they answer EFAULT where the file turns
  // out to be cut or unreadable, while touching it would raise SIGBUS.
  const std::byte* mapped = nullptr;

  void drop_front(ByteCount bytes) {
    offset += bytes;
    length -= bytes;
    if (mapped) mapped += bytes;
  }
};

// One reader's place in a source. One thread at a time.
class ByteCursor {
 public:
  // Either literal bytes, valid until the next call of next(), seek() or rest(), or a region of a file.
  struct Piece {
    std::string_view literal;
    FileRegion region;

    ByteCount length() const { return literal.empty() ? region.length : literal.size(); }
  };
  virtual ~ByteCursor() = default;
  // The next piece and moves past it; a piece of length 0 at the end. Code::corrupt or not_found when stored bytes are
  // gone.
  virtual Result<Piece> next() = 0;
  virtual void seek(ByteCount offset) = 0;
  // Lets go of buffers and files until the next call: the reader is waiting for a slow client.
  virtual void rest() = 0;
};

// Immutable; any number of cursors at once, from any thread. A cursor keeps its source alive.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual ByteCount size() const = 0;
  virtual std::unique_ptr<ByteCursor> open_cursor(ByteCount offset) const = 0;
};

}  // namespace dray

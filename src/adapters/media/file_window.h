// A file as exiv2 may see it: read only, no further than a limit, and not without end.
#pragma once

#include <exiv2/basicio.hpp>

#include "adapters/media/tiff_thinning.h"
#include "base/bytes.h"

namespace dray::media {

// The first `limit` bytes of the open file `fd`, which must stay open. Reading more than `budget` bytes in all throws
// std::runtime_error, since a reader that jumps back can go on for as long as a hostile file likes. So does a read that
// fails. Reads go through pread(); mmap() maps the window privately, and touches little of it.
// A single read of more than 4 MiB, which is pixels or an attack, gets zeros after the first 4 MiB.
// TIFF structures are thinned on their way (tiff_thinning.h); the file itself stays as it is.
class FileWindow final : public Exiv2::BasicIo {
 public:
  using byte = Exiv2::byte;

  FileWindow(int fd, ByteCount size, ByteCount limit, ByteCount budget);
  ~FileWindow() override;

  int open() override;
  int close() override;
  Exiv2::DataBuf read(long count) override;
  long read(byte* into, long count) override;
  int getb() override;
  int seek(long offset, Position from) override;
  byte* mmap(bool is_writable) override;
  int munmap() override;
  long tell() const override { return position_; }
  size_t size() const override { return static_cast<size_t>(size_); }
  bool isopen() const override { return true; }
  int error() const override { return 0; }
  bool eof() const override { return at_end_; }
  std::string path() const override { return "the file"; }  // appears in exiv2's messages

  long write(const byte*, long) override { return 0; }
  long write(BasicIo&) override { return 0; }
  int putb(byte) override { return EOF; }
  void transfer(BasicIo&) override;

 private:
  void spend(ByteCount bytes);
  bool refill();

  int fd_;
  long size_;
  ByteCount budget_;
  ThinningBudget thinning_;
  long position_ = 0;
  bool at_end_ = false;
  byte* mapping_ = nullptr;
  // exiv2 often asks for single bytes: those come from here.
  byte buffer_[4096];
  long buffer_start_ = 0, buffer_end_ = 0;
};

}  // namespace dray::media

#include "adapters/media/file_window.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <stdexcept>

#include "base/file.h"

namespace dray::media {
namespace {

// Of a larger part only so much is read. exiv2 makes some forty bytes of each byte of XMP.
constexpr std::size_t kLargestPart = 4 << 20;

// A writable mapping counts as memory whole, where memory is limited: only the pages that are changed become so.
void make_writable(MutableBytes part) {
  auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  auto begin = reinterpret_cast<std::uintptr_t>(part.data()) / page * page;
  auto end = reinterpret_cast<std::uintptr_t>(part.data() + part.size());
  if (::mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_WRITE) < 0)
    throw std::runtime_error(system_error("cannot change a page of it", errno).message);
}

}  // namespace

FileWindow::FileWindow(int fd, ByteCount size, ByteCount limit, ByteCount budget)
    : fd_(fd), size_(static_cast<long>(std::min(size, limit))), budget_(budget) {}

FileWindow::~FileWindow() { munmap(); }

int FileWindow::open() {
  position_ = 0;
  at_end_ = false;
  return 0;
}

int FileWindow::close() { return munmap(); }

void FileWindow::spend(ByteCount bytes) {
  if (bytes > budget_) throw std::runtime_error("its parts are too large or lead in circles");
  budget_ -= bytes;
}

Exiv2::DataBuf FileWindow::read(long count) {
  // Not more than there is: the count comes from the file.
  Exiv2::DataBuf into(std::clamp(count, 0L, size_ - position_));
  into.size_ = read(into.pData_, into.size_);
  if (into.size_ < count) at_end_ = true;
  return into;
}

long FileWindow::read(byte* into, long count) {
  if (count <= 0) return 0;
  auto wanted = std::min(count, size_ - position_);
  at_end_ = wanted < count;
  if (wanted == 0) return 0;
  spend(static_cast<ByteCount>(wanted));
  auto bytes = std::as_writable_bytes(std::span(into, static_cast<std::size_t>(wanted)));
  auto front = bytes.first(std::min(bytes.size(), kLargestPart));
  auto got = read_at(fd_, static_cast<ByteCount>(position_), front, path());
  if (!got) throw std::runtime_error(got.error().message);
  if (*got < front.size()) throw std::runtime_error("it became shorter meanwhile");
  std::ranges::fill(bytes.subspan(front.size()), std::byte{});
  thin_each_tiff_in(front, thinning_);
  position_ += wanted;
  return wanted;
}

bool FileWindow::refill() {
  auto start = position_;
  auto got = read(buffer_, static_cast<long>(sizeof buffer_));
  position_ = start;
  buffer_start_ = start;
  buffer_end_ = start + got;
  at_end_ = got == 0;
  return got > 0;
}

int FileWindow::getb() {
  bool buffered = position_ >= buffer_start_ && position_ < buffer_end_;
  if (!buffered && !refill()) return EOF;
  return buffer_[position_++ - buffer_start_];
}

int FileWindow::seek(long offset, Position from) {
  long base = from == beg ? 0 : from == cur ? position_ : size_;
  long target;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return 1;
  // As exiv2's own memory files do: a seek beyond the end stops there.
  at_end_ = target > size_;
  position_ = std::min(target, size_);
  return at_end_ ? 1 : 0;
}

Exiv2::byte* FileWindow::mmap(bool) {
  if (mapping_) return mapping_;
  auto length = static_cast<std::size_t>(size_);
  auto at = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, fd_, 0);
  if (at == MAP_FAILED) throw std::runtime_error(system_error("cannot map it", errno).message);
  mapping_ = static_cast<byte*>(at);
  thin_tiff({static_cast<std::byte*>(at), length}, thinning_, make_writable);
  return mapping_;
}

int FileWindow::munmap() {
  if (mapping_) ::munmap(mapping_, static_cast<std::size_t>(size_));
  mapping_ = nullptr;
  return 0;
}

void FileWindow::transfer(BasicIo&) { throw std::logic_error("a file that is only read was to be replaced"); }

}  // namespace dray::media

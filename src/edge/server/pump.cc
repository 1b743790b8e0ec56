#include "edge/server/pump.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace dray::server {
namespace {

// Measured: below this size a copy is cheaper than a sendfile of its own; above, sendfile wins.
constexpr ByteCount kCopyLimit = 16 * 1024;
constexpr std::size_t kScratchSize = 256 * 1024;  // stays in the second-level cache
constexpr ByteCount kTurn = 2 * 1024 * 1024;  // so much, then the others get theirs; smaller turns cost CPU per byte
constexpr ByteCount kAligned = 64 * 1024;     // of a file: what the kernel takes at once
constexpr std::size_t kMaxRun = 256;          // iovecs of one read
constexpr std::size_t kKeptScratches = 64;    // per thread; beyond it what could not be sent is gathered again later

thread_local std::size_t scratches_out = 0;

}  // namespace

struct Pump::Scratch {
  std::array<std::byte, kScratchSize> bytes;
  std::size_t begin = 0, end = 0;

  // Regions of one file, side by side, whose place in `bytes` is set and which are still to be read.
  std::array<iovec, kMaxRun> run;
  std::size_t run_count = 0;
  FileRegion run_region;
  ByteCount run_position = 0;  // in the response, of its first byte
  std::size_t run_begin = 0;   // in bytes, of its first byte
};

namespace {
thread_local std::unique_ptr<Pump::Scratch> spare_scratch;
}

std::unique_ptr<Pump::Scratch> Pump::take_scratch() {
  ++scratches_out;
  auto scratch = spare_scratch ? std::move(spare_scratch) : std::unique_ptr<Scratch>(new Scratch);
  scratch->begin = scratch->end = scratch->run_count = 0;
  scratch->run_region = {};
  return scratch;
}

void Pump::give_scratch(std::unique_ptr<Scratch> scratch) {
  if (!scratch) return;
  --scratches_out;
  scratch->run_region = {};
  spare_scratch = std::move(scratch);
}

Pump::Pump(std::string head, RangeBody body) : source_(std::move(body.source)) {
  add_text(std::move(head));
  for (auto& part : body.parts) {
    add_text(std::move(part.before));
    if (part.range.length == 0) continue;
    segments_.push_back({total_, part.range.length, {}, part.range.offset});
    total_ += part.range.length;
  }
  add_text(std::move(body.after));
}

Pump::~Pump() { give_scratch(std::move(scratch_)); }

void Pump::add_text(std::string text) {
  if (text.empty()) return;
  auto length = text.size();
  segments_.push_back({total_, length, std::move(text), 0});
  total_ += length;
}

ByteCount Pump::gathered() const { return scratch_ ? scratch_->end - scratch_->begin : 0; }

void Pump::seek(ByteCount position) {
  position_ = position;
  piece_ = {};
  cursor_is_right_ = false;
  auto after = std::upper_bound(segments_.begin(), segments_.end(), position,
                                [](ByteCount at, const Segment& segment) { return at < segment.start; });
  segment_ = static_cast<std::size_t>(after - segments_.begin()) - 1;
}

void Pump::rest() {
  auto at = sent();
  give_scratch(std::move(scratch_));
  if (cursor_) cursor_->rest();
  seek(at);
}

bool Pump::load_piece() {
  if (piece_.length() > 0) return true;
  while (segment_ < segments_.size() && position_ >= segments_[segment_].start + segments_[segment_].length) {
    ++segment_;
    cursor_is_right_ = false;
  }
  if (segment_ == segments_.size()) return false;
  const auto& segment = segments_[segment_];
  auto done = position_ - segment.start;
  if (!segment.text.empty()) {
    piece_ = {std::string_view(segment.text).substr(done), {}};
    return true;
  }
  if (!cursor_)
    cursor_ = source_->open_cursor(segment.source_offset + done);
  else if (!cursor_is_right_)
    cursor_->seek(segment.source_offset + done);
  cursor_is_right_ = true;
  auto piece = cursor_->next();
  if (!piece || piece->length() == 0) {
    error_ = piece ? "the content ended early" : piece.error().message;
    return false;
  }
  piece_ = *std::move(piece);
  asked_until_ = piece_.region.offset;
  auto rest = segment.length - done;
  if (piece_.length() > rest) {
    cursor_is_right_ = false;
    if (piece_.literal.empty())
      piece_.region.length = rest;
    else
      piece_.literal = piece_.literal.substr(0, rest);
  }
  return true;
}

void Pump::consume(ByteCount bytes) {
  position_ += bytes;
  if (piece_.literal.empty()) {
    piece_.region.offset += bytes;
    piece_.region.length -= bytes;
  } else {
    piece_.literal.remove_prefix(bytes);
  }
}

Pump::Step Pump::fail(std::string error) {
  error_ = std::move(error);
  return Step::failed;
}

Pump::Step Pump::read_run() {
  auto& scratch = *scratch_;
  if (scratch.run_count == 0) return Step::done;
  const auto& region = scratch.run_region;
  ssize_t got;
  do {
    got = ::preadv2(region.fd, scratch.run.data(), static_cast<int>(scratch.run_count),
                    static_cast<off_t>(region.offset), may_block_ ? 0 : RWF_NOWAIT);
    if (got < 0 && errno == EOPNOTSUPP && !may_block_)
      may_block_ = true, errno = EINTR;  // a file system that cannot tell
  } while (got < 0 && errno == EINTR);
  bool blocking = may_block_;
  scratch.run_count = 0;
  if (got == static_cast<ssize_t>(region.length)) return Step::done;
  if (blocking)
    return fail(got < 0 ? std::string("cannot read a blob: ") + std::strerror(errno) : "a stored blob is cut short");
  // Not in the page cache, at least not all of it. What comes before the run is sent first.
  cold_ = region;
  scratch.end = scratch.run_begin;
  seek(scratch.run_position);
  return Step::want_read;
}

Pump::Step Pump::gather() {
  if (!scratch_) scratch_ = take_scratch();
  auto& scratch = *scratch_;
  auto read_result = Step::done;
  while (scratch.end < kScratchSize && load_piece()) {
    auto room = kScratchSize - scratch.end;
    if (!piece_.literal.empty()) {
      auto count = std::min(room, piece_.literal.size());
      std::memcpy(scratch.bytes.data() + scratch.end, piece_.literal.data(), count);
      scratch.end += count;
      consume(count);
      continue;
    }
    const auto& region = piece_.region;
    if (region.length > kCopyLimit || region.length > room) break;
    bool goes_on = scratch.run_count > 0 && scratch.run_count < kMaxRun && scratch.run_region.fd == region.fd &&
                   scratch.run_region.offset + scratch.run_region.length == region.offset;
    if (!goes_on) {
      read_result = read_run();
      if (read_result != Step::done) break;
      scratch.run_region = {region.fd, region.offset, 0, region.owner};
      scratch.run_position = position_;
      scratch.run_begin = scratch.end;
    }
    scratch.run[scratch.run_count++] = {scratch.bytes.data() + scratch.end, region.length};
    scratch.run_region.length += region.length;
    scratch.end += region.length;
    consume(region.length);
  }
  if (read_result == Step::done) read_result = read_run();
  if (read_result == Step::failed) return read_result;
  if (!error_.empty()) return Step::failed;
  if (read_result == Step::want_read && gathered() == 0) return read_result;
  return Step::done;
}

Pump::Step Pump::flush(int socket, ByteCount& budget) {
  auto& scratch = *scratch_;
  if (!corked_ && position_ < total_) {
    int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    corked_ = true;
  }
  while (scratch.begin < scratch.end) {
    auto count = ::send(socket, scratch.bytes.data() + scratch.begin, scratch.end - scratch.begin, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return Step::failed;
    if (count > 0) {
      scratch.begin += static_cast<std::size_t>(count);
      budget -= std::min<ByteCount>(budget, static_cast<ByteCount>(count));
    }
    if (scratch.begin < scratch.end) {  // less than asked means full: asking again would only cost a call
      if (scratches_out > kKeptScratches) {
        auto at = sent();
        give_scratch(std::move(scratch_));
        seek(at);
      }
      return Step::want_write;
    }
  }
  scratch.begin = scratch.end = 0;
  return Step::done;
}

// How much of a region is sent next: a little more than the budget rather than a crumb in the next turn.
ByteCount Pump::next_part(const FileRegion& region, ByteCount budget) {
  if (region.length <= budget + kAligned) return region.length;
  return (region.offset + budget + kAligned) / kAligned * kAligned - region.offset;
}

bool Pump::is_cold(const FileRegion& region) {
  if (region.offset < asked_until_) return false;
  auto window = next_part(region, kTurn);
  asked_until_ = region.offset + window;
  for (auto offset : {region.offset, region.offset + window - 1}) {
    std::byte byte;
    iovec vector{&byte, 1};
    if (::preadv2(region.fd, &vector, 1, static_cast<off_t>(offset), RWF_NOWAIT) < 0 && errno == EAGAIN) {
      cold_ = {region.fd, region.offset, window, region.owner};
      return true;
    }
  }
  return false;
}

void Pump::warm_up() {
  std::vector<std::byte> buffer(64 * 1024);
  for (ByteCount done = 0; done < cold_.length;) {
    auto count = ::pread(cold_.fd, buffer.data(), std::min<ByteCount>(buffer.size(), cold_.length - done),
                         static_cast<off_t>(cold_.offset + done));
    if (count <= 0) break;  // the step that follows meets the error again and tells it
    done += static_cast<ByteCount>(count);
  }
  may_block_ = true;
  cold_ = {};
}

Pump::Step Pump::send_region(int socket, ByteCount& budget) {
  auto& region = piece_.region;
  may_block_ = false;  // that was for gather()
  if (is_cold(region)) return Step::want_read;
  auto wanted = std::min(next_part(region, budget), asked_until_ - region.offset);
  auto offset = static_cast<off_t>(region.offset);
  auto count = ::sendfile(socket, region.fd, &offset, wanted);
  if (count < 0 && errno == EINTR) return Step::done;
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Step::want_write;
  if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) return Step::failed;
  if (count < 0) return fail(std::strerror(errno));
  if (count == 0) return fail("a stored blob is cut short");
  consume(static_cast<ByteCount>(count));
  budget -= std::min(budget, static_cast<ByteCount>(count));
  return static_cast<ByteCount>(count) < wanted ? Step::want_write : Step::done;
}

Pump::Step Pump::step(int socket) {
  ByteCount budget = kTurn;
  while (budget > 0) {
    auto result = Step::done;
    if (gathered() == 0) {
      if (!load_piece()) {
        if (!error_.empty()) return Step::failed;
        give_scratch(std::move(scratch_));
        if (corked_) {
          int off = 0;
          ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
        }
        return Step::done;
      }
      bool large = piece_.literal.empty() && piece_.region.length > kCopyLimit;
      result = large ? send_region(socket, budget) : gather();
      if (result != Step::done) return result;
    }
    if (gathered() > 0) result = flush(socket, budget);
    if (result != Step::done) return result;
    may_block_ = false;
  }
  return Step::yield;
}

}  // namespace dray::server

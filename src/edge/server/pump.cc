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
#include <utility>

namespace dray::server {
namespace {

// Measured: below this size a copy is cheaper than a sendfile of its own; above, sendfile wins.
constexpr ByteCount kCopyLimit = 16 * 1024;
constexpr ByteCount kGathered = 2048 * 1024;  // by one system call
constexpr std::size_t kMaxVectors = 1024;     // the kernel takes no more
constexpr std::size_t kTextSize = 64 * 1024;  // headers and the like between the blobs
constexpr ByteCount kTurn = 2 * 1024 * 1024;  // so much, then the others get theirs; smaller turns cost CPU per byte
constexpr ByteCount kAligned = 64 * 1024;     // of a file: what the kernel takes at once
constexpr ByteCount kPage = 4096;
constexpr ByteCount kWindowGrowth = 8;      // of how far is looked ahead
constexpr std::size_t kKeptScratches = 64;  // per thread; beyond it what could not be sent is gathered again later

thread_local std::size_t scratches_out = 0;

// Whether a small blob can be sent from where it is mapped.
bool is_copied(const FileRegion& region) { return region.mapped && region.length <= kCopyLimit; }

enum class Presence { cached, cold, behind_end };

Presence presence_of(int fd, ByteCount offset) {
  std::byte byte;
  iovec vector{&byte, 1};
  auto at = static_cast<off_t>(offset);
  auto got = ::preadv2(fd, &vector, 1, at, RWF_NOWAIT);
  if (got < 0 && errno == EAGAIN) return Presence::cold;
  if (got < 0) got = ::pread(fd, &byte, 1, at);  // a file system that cannot tell
  return got == 0 ? Presence::behind_end : Presence::cached;
}

}  // namespace

// Text is copied, blobs are sent from where they are mapped.
struct Pump::Scratch {
  std::array<std::byte, kTextSize> text;
  std::size_t text_end = 0;
  std::array<iovec, kMaxVectors> vectors;
  std::size_t begin = 0, end = 0;  // of those that are not sent
  ByteCount unsent = 0;
  std::vector<std::shared_ptr<const void>> owners;  // of the mappings

  bool is_full() const { return unsent >= kGathered || end == kMaxVectors || text_end == kTextSize; }

  void clear() {
    text_end = begin = end = 0;
    unsent = 0;
    owners.clear();
  }

  void add(const std::byte* bytes, std::size_t count) {
    vectors[end++] = {const_cast<std::byte*>(bytes), count};
    unsent += count;
  }

  std::size_t add_text(std::string_view more) {  // answers how much there was room for
    auto count = std::min(more.size(), kTextSize - text_end);
    std::memcpy(text.data() + text_end, more.data(), count);
    add(text.data() + text_end, count);
    text_end += count;
    return count;
  }

  void add_mapped(const FileRegion& region) {
    if (owners.empty() || owners.back() != region.owner) owners.push_back(region.owner);
    add(region.mapped, region.length);
  }

  void drop_sent(std::size_t count) {
    unsent -= count;
    while (begin < end && count >= vectors[begin].iov_len) count -= vectors[begin++].iov_len;
    if (begin == end) return clear();
    vectors[begin] = {static_cast<std::byte*>(vectors[begin].iov_base) + count, vectors[begin].iov_len - count};
  }
};

namespace {
thread_local std::unique_ptr<Pump::Scratch> spare_scratch;
}

std::unique_ptr<Pump::Scratch> Pump::take_scratch() {
  ++scratches_out;
  return spare_scratch ? std::move(spare_scratch) : std::unique_ptr<Scratch>(new Scratch);
}

void Pump::give_scratch(std::unique_ptr<Scratch> scratch) {
  if (!scratch) return;
  --scratches_out;
  scratch->clear();
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

ByteCount Pump::gathered() const { return scratch_ ? scratch_->unsent : 0; }

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
  asked_ = cold_ = {};
  warmed_ = false;
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
    piece_.region.drop_front(bytes);
  } else {
    piece_.literal.remove_prefix(bytes);
  }
}

Pump::Step Pump::fail(std::string error) {
  error_ = std::move(error);
  return Step::failed;
}

Pump::Step Pump::gather() {
  if (!scratch_) scratch_ = take_scratch();
  auto& scratch = *scratch_;
  while (!scratch.is_full() && scratch.unsent < turn_ && load_piece()) {
    if (!piece_.literal.empty()) {
      consume(scratch.add_text(piece_.literal));
      continue;
    }
    const auto& region = piece_.region;
    if (!is_copied(region)) break;
    auto step = look_ahead(region);
    if (step != Step::done && scratch.unsent == 0) return step;
    if (step != Step::done) break;  // what comes before it is sent first
    scratch.add_mapped(region);
    consume(region.length);
  }
  return error_.empty() ? Step::done : Step::failed;
}

Pump::Step Pump::flush(int socket, ByteCount& budget) {
  auto& scratch = *scratch_;
  if (!corked_ && position_ < total_) {
    int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    corked_ = true;
  }
  while (scratch.unsent > 0) {
    msghdr message{};
    message.msg_iov = &scratch.vectors[scratch.begin];
    message.msg_iovlen = scratch.end - scratch.begin;
    auto count = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EFAULT) return fail("a stored blob is cut short, or cannot be read");
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return Step::failed;
    if (count > 0) {
      scratch.drop_sent(static_cast<std::size_t>(count));
      budget -= std::min<ByteCount>(budget, static_cast<ByteCount>(count));
    }
    if (scratch.unsent > 0) {  // less than asked means full: asking again would only cost a call
      if (scratches_out > kKeptScratches) {
        auto at = sent();
        give_scratch(std::move(scratch_));
        seek(at);
      }
      return Step::want_write;
    }
  }
  return Step::done;
}

// How much of a region is sent next: a little more than the budget rather than a crumb in the next turn.
ByteCount Pump::next_part(const FileRegion& region, ByteCount budget) {
  if (region.length <= budget + kAligned) return region.length;
  return (region.offset + budget + kAligned) / kAligned * kAligned - region.offset;
}

// Looks at the first and the last page of what is sent next. While regions follow each other in a file, it looks
// further ahead each time, which saves looking at each of them. That the last byte is there shows that the file is not
// cut: a mapping would give zeros up to the end of the page. The last page is left alone while the first is missing:
// the kernel would read it at once, and then what lies between in small folios, which cost a tenth more to send.
Pump::Step Pump::look_ahead(const FileRegion& region) {
  if (cold_.length > 0) return Step::want_read;
  auto needed_end = region.offset + next_part(region, kTurn);
  auto asked_end = asked_.offset + asked_.length;
  bool goes_on = asked_.owner == region.owner && region.offset >= asked_.offset && region.offset <= asked_end;
  if (goes_on && needed_end <= asked_end) return Step::done;
  auto begin = goes_on ? asked_end : region.offset;
  auto ahead = goes_on ? begin + std::min({kWindowGrowth * window_, kTurn, total_ - position_}) : 0;
  auto end = std::max(needed_end, ahead);
  bool has_been_read = std::exchange(warmed_, false);
  auto want_read = [&] {
    cold_ = {region.fd, begin, end - begin, region.owner};
    return Step::want_read;
  };
  auto first = (begin + kPage - 1) / kPage * kPage;
  if (!has_been_read && presence_of(region.fd, first < end ? first : begin) == Presence::cold) return want_read();
  auto last = presence_of(region.fd, end - 1);
  if (last == Presence::behind_end && end > needed_end) last = presence_of(region.fd, (end = needed_end) - 1);
  if (last == Presence::cold && !has_been_read) return want_read();
  if (last == Presence::behind_end) return fail("a stored blob is cut short");
  asked_ = {region.fd, region.offset, end - region.offset, region.owner};
  window_ = end - begin;
  return Step::done;
}

void Pump::warm_up() {
  auto cold = std::exchange(cold_, {});
  warmed_ = true;
  std::vector<std::byte> buffer(64 * 1024);
  for (ByteCount done = 0; done < cold.length;) {
    auto count = ::pread(cold.fd, buffer.data(), std::min<ByteCount>(buffer.size(), cold.length - done),
                         static_cast<off_t>(cold.offset + done));
    if (count <= 0) break;  // the step that follows meets the error again and tells it
    done += static_cast<ByteCount>(count);
  }
}

Pump::Step Pump::send_region(int socket, ByteCount& budget) {
  auto& region = piece_.region;
  if (auto step = look_ahead(region); step != Step::done) return step;
  auto wanted = std::min(next_part(region, budget), asked_.offset + asked_.length - region.offset);
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

Pump::Step Pump::step(int socket, ByteCount most) {
  turn_ = std::min(kTurn, most);
  ByteCount budget = turn_;
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
      bool copied = !piece_.literal.empty() || is_copied(piece_.region);
      result = copied ? gather() : send_region(socket, budget);
      if (result != Step::done) return result;
    }
    if (gathered() > 0) result = flush(socket, budget);
    if (result != Step::done) return result;
  }
  return Step::yield;
}

}  // namespace dray::server

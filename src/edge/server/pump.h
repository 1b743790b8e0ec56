// Sends one response on a socket, step by step, without knowing of event loops.
#pragma once

#include <memory>
#include <string>

#include "base/byte_source.h"
#include "edge/server/message.h"

namespace dray::server {

// One thread at a time, and always the same one: buffers are kept per thread. The socket must be non-blocking.
class Pump {
 public:
  enum class Step {
    done,        // everything was handed to the kernel
    want_write,  // the socket takes no more now: wait until it does
    want_read,   // the next bytes are not in the page cache: run warm_up() elsewhere, then go on
    yield,       // there is more to do, but it is the others' turn
    failed,  // the socket is broken, or stored bytes are gone (error()): close it, what was sent must not look whole
  };

  // `head` ends with the empty line.
  Pump(std::string head, RangeBody body);
  ~Pump();
  Pump(const Pump&) = delete;

  struct Scratch;  // what is sent with one system call

  // `most`: about so many bytes in one step.
  Step step(int socket, ByteCount most = ~ByteCount(0));
  // Reads the bytes that are missing into the page cache. Blocks; from any thread, while no step() runs.
  void warm_up();
  // Lets go of buffers and files until the next step: the client is slow.
  void rest();
  ByteCount sent() const { return position_ - gathered(); }  // of head and body
  ByteCount total() const { return total_; }
  const std::string& error() const { return error_; }

 private:
  struct Segment {  // of the response: text, or a range of the source
    ByteCount start = 0, length = 0;
    std::string text;
    ByteCount source_offset = 0;
  };
  static std::unique_ptr<Scratch> take_scratch();
  static void give_scratch(std::unique_ptr<Scratch> scratch);

  ByteCount gathered() const;  // bytes that are not sent
  void add_text(std::string text);
  void seek(ByteCount position);
  bool load_piece();              // false: nothing is left, or error_ is set
  void consume(ByteCount bytes);  // of the piece at hand
  Step gather();                  // small pieces; done: go on, else what to answer
  Step flush(int socket, ByteCount& budget);
  Step send_region(int socket, ByteCount& budget);
  static ByteCount next_part(const FileRegion& region, ByteCount budget);
  Step look_ahead(const FileRegion& region);  // done: what is sent next is at hand
  Step fail(std::string error);

  std::vector<Segment> segments_;
  ByteCount total_ = 0;
  std::shared_ptr<const ByteSource> source_;
  std::unique_ptr<ByteCursor> cursor_;
  bool cursor_is_right_ = false;  // whether it stands behind piece_

  ByteCount position_ = 0;  // of the next byte to gather or send
  ByteCount turn_ = 0;      // of the step at hand
  std::size_t segment_ = 0;
  ByteCursor::Piece piece_;  // what is left of the piece at position_
  bool corked_ = false;

  std::unique_ptr<Scratch> scratch_;  // while it holds gathered bytes that are not sent
  FileRegion asked_;                  // look_ahead() has looked there
  ByteCount window_ = 0;              // how far it looked ahead
  FileRegion cold_;                   // what warm_up() reads
  bool warmed_ = false;               // it has, and whatever is still missing must be waited for
  std::string error_;
};

}  // namespace dray::server

// Requests and responses as a service sees them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_source.h"
#include "base/json.h"
#include "base/result.h"
#include "edge/server/streams.h"
#include "lang/http/head.h"
#include "lang/http/target.h"

namespace dray::server {

// Takes a body piece by piece. Called on the work pool, one call at a time.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Result<void> write(std::string_view bytes) = 0;  // an error ends the request, and is its answer
};

struct Request {
  http::Head head;
  http::Target target;
  std::string body;
  std::shared_ptr<BodySink> sink;  // where the body went instead, whole
  std::string peer;                // the other end's address, for the log
  // Set within seconds after the client has closed its connection, while the request is handled.
  std::shared_ptr<std::atomic<bool>> client_gone = nullptr;
};

// Ranges of a source, each with text before it, and text at the end. Its length is exact.
struct RangeBody {
  struct Part {
    std::string before;
    ByteRange range;
  };
  std::shared_ptr<const ByteSource> source;
  std::vector<Part> parts;
  std::string after;

  ByteCount length() const;
};

// Text whose length nobody knows beforehand; sent in chunks. `next` replaces its argument with more text, empty at the
// end; it runs on the work pool. An error cuts the connection short.
struct StreamBody {
  std::function<Result<void>(std::string& text)> next;
};

// Text that comes when it comes, until it ends or the client goes.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // What has come since; empty: nothing. nullopt: nothing will come any more. Called on network threads; does not wait.
  // `wake` is called once there is more: from any thread, at most until the next call.
  virtual std::optional<std::string> take(std::function<void()> wake) = 0;
};
// Sent in chunks, with a comment now and then where nothing comes: text/event-stream.
struct EventBody {
  std::shared_ptr<EventSource> source;
};

using Body = std::variant<std::string, RangeBody, StreamBody, EventBody>;

struct Response {
  int status = 200;
  std::vector<http::Field> fields;  // without framing fields: those are the server's
  Body body = std::string();
  bool is_repeatable = false;  // the same head gets the same answer: Service::version()
  // Asked now and then while the body is sent, on the work pool; false cuts it short. Unset: nothing can end it.
  std::function<bool()> may_go_on = nullptr;
  std::shared_ptr<const Stream> stream = nullptr;  // its place among others, and how fast it may be sent
};

std::string_view reason_of(int status);
Response make_json_response(int status, const json::value& value);
Response make_text_response(int status, std::string content_type, std::string text);
// {"error": message}, with the status that the error's code means. What the machine did not do (code unavailable,
// full or corrupt, or a detail) is told to the log only: such messages name files.
Response make_error_response(const Error& error);
Response make_error_response(int status, std::string message);
int status_of(Code code);

}  // namespace dray::server

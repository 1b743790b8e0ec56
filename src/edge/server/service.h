// What a server asks: the port between connections and the API.
#pragma once

#include <optional>
#include <variant>

#include "edge/server/message.h"

namespace dray::server {

// What may come as a request's body, and where it goes.
struct Admission {
  ByteCount limit = 0;
  std::shared_ptr<BodySink> sink = nullptr;  // nullptr: into memory, Request::body
};

// Called on the work pool, if nothing else is said, from many threads at a time. It does not throw; a server answers
// 500 if it does all the same.
class Service {
 public:
  virtual ~Service() = default;
  // Asked before a body is read: how many bytes of it may come, or the refusal. `request.body` is empty.
  virtual std::variant<Admission, Response> admit(const Request& request) = 0;
  virtual Response handle(const Request& request) = 0;
  // Asked on network threads; does not wait. While it stays the same, what is repeatable stays the same within a
  // second.
  virtual std::optional<std::uint64_t> version() { return std::nullopt; }
};

}  // namespace dray::server

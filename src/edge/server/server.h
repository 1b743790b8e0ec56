// The HTTP server.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "edge/server/metrics.h"
#include "edge/server/service.h"
#include "lang/http/head.h"

namespace dray::server {

struct ServerConfig {
  std::string host = "127.0.0.1";
  std::string port = "4502";
  unsigned workers = 0;              // network threads; 0: one per core
  unsigned service_threads = 64;     // more than may wait for something, of all that has places
  std::size_t connections = 20'000;  // at a time
  std::size_t requests_waiting = 1024;
  http::HeadLimits head;
  std::chrono::seconds head_timeout{20};    // from a request's first byte to its empty line
  std::chrono::seconds idle_timeout{75};    // between requests
  std::chrono::seconds body_grace{30};      // a body may take this long, and a second more for every 1000 bytes
  std::chrono::seconds stall_timeout{120};  // an answer of which the client takes nothing for so long is given up
};

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string address() const = 0;  // "127.0.0.1:4502", with the port that was really taken
  // Serves until stop() and then until every connection has ended. Once.
  virtual void run() = 0;
  // Takes no more connections, closes idle ones, lets running answers end within `grace`, then cuts them. From any
  // thread, also before run(), also again: with a shorter grace it hurries.
  virtual void stop(std::chrono::seconds grace) = 0;
};

// Listens at once. Code::conflict: the port is taken; Code::invalid: not an address. `service` and `metrics` outlive
// it.
Result<std::unique_ptr<Server>> open_server(const ServerConfig& config, Service& service, Metrics& metrics);

}  // namespace dray::server

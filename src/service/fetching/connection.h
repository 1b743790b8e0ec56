// One exchange after another with an HTTP server, over one connection that is kept. This is all that knows of libcurl.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "service/fetching/answers.h"
#include "service/fetching/stop_signal.h"
#include "service/fetching/url.h"

namespace dray::fetching {

// Sent to `origin` and nowhere else.
struct Credentials {
  std::string origin;
  std::string authorization;  // the header's value
};

struct ClientConfig {
  std::optional<Credentials> credentials;
  std::string ca_file;                 // empty: the system's certificates
  std::chrono::seconds silence{60};    // without a byte for so long the connection is given up
  std::chrono::seconds patience{300};  // the same while the server makes a download or a manifest
};

struct Request {
  std::string method = "GET";
  Url url;
  std::vector<std::string> fields;  // "Name: value"
  std::string body;                 // of a POST: JSON
  std::chrono::seconds silence{60};
};

// Takes an answer as it comes. A Trouble ends the exchange, which then answers it.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // Statuses that are handed over; the others become a Trouble by trouble_of_status().
  virtual bool takes(int status) const { return status / 100 == 2; }
  virtual std::optional<Trouble> head(const AnswerHead& head) = 0;
  virtual std::optional<Trouble> body(Bytes bytes) = 0;
};

// One thread at a time.
class Connection {
 public:
  virtual ~Connection() = default;
  // nullopt: a complete answer was taken. Redirects of a GET are followed within the origin, and only there.
  virtual std::optional<Trouble> exchange(const Request& request, Receiver& receiver) = 0;
};

// `config` and `stop` outlive it. No connection is made before the first exchange.
std::unique_ptr<Connection> open_connection(const ClientConfig& config, const StopSignal& stop);

}  // namespace dray::fetching

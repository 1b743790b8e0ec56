// The life of one connection. Private to this module; includes Asio.
#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "edge/server/answer_cache.h"
#include "edge/server/pump.h"
#include "edge/server/server.h"
#include "edge/server/work_pool.h"

namespace dray::server {

namespace net = boost::asio;
using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::ip::tcp, Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;
template <typename T>
using Task = net::awaitable<T, Executor>;

// What every connection of a server shares.
struct Shared {
  const ServerConfig& config;
  Service& service;
  Metrics& metrics;
  WorkPool& pool;
  AnswerCache& answers;
};

class Connection;

// To go on with the answer that a connection is sending.
struct Permission {
  std::shared_ptr<Connection> connection;
  std::shared_ptr<const std::function<bool()>> question;
  bool holds() const;  // from any thread
};

// Lives on one worker thread; every member is called there.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Shared& shared, Socket socket, std::string peer);
  ~Connection();

  Task<void> run();                                           // until the connection ends
  void sweep(SteadyTime now);                                 // now and then: ends what takes too long
  void drain();                                               // no more requests after the running one
  std::optional<Permission> find_permission(SteadyTime now);  // that is to be asked for, now and then
  void withdraw(const Permission& permission);                // the answer that needs it ends
  void cut();

 private:
  using Question = std::function<Response()>;
  enum class Urgency {
    fresh,  // may be refused when too much waits already
    begun,  // part of an answer that has begun
  };
  enum class Waiting { nothing, idle, head, body, client };

  Task<bool> read_some();  // more bytes into in_; false: the connection has ended or is given up
  Task<std::optional<std::string>> read_head();
  Task<bool> read_body(Request& request, ByteCount limit);
  Task<bool> read_sized_body(Request& request);
  Task<bool> read_sized_body_into_sink(Request& request);
  Task<bool> write_to_sink(Request& request, std::string bytes);
  Task<bool> read_chunked_body(Request& request, ByteCount limit);
  Task<bool> serve(const std::string& raw_head);  // one request; whether another may follow
  Task<Response> ask(Question question, Urgency urgency);
  Task<bool> send(const http::Head* head, Response response, SteadyTime begun);
  Task<bool> send_stream(StreamBody body, bool chunked);
  Task<bool> send_events(EventBody body, bool chunked);
  Task<bool> run_pump(Pump& pump, const Stream* stream = nullptr);
  Task<void> pause(std::chrono::nanoseconds time);  // or until it is cut
  Task<void> yield();
  Task<bool> write_text(std::string text);
  Task<bool> send_rest(std::shared_ptr<const ReadyAnswer> answer, std::size_t sent);
  std::size_t send_at_once(const ReadyAnswer& answer);  // how much of it was sent
  void remember(const std::string& raw_head, const AnswerCache::Moment& asked, const http::Head& head,
                const Response& response);
  Task<void> linger();
  std::string format_head(const http::Head* head, const Response& response);
  bool client_made_progress(SteadyTime now);
  bool client_has_closed();

  Shared& shared_;
  Socket socket_;
  const std::string peer_;
  std::array<char, 1024> small_;  // what is waited for comes here
  std::string in_;                // received, not yet used
  bool may_have_more_ = false;    // the kernel gave as much as there was room for
  Waiting waiting_ = Waiting::nothing;
  SteadyTime deadline_{};  // of head, body or idleness
  bool keep_ = true;
  bool draining_ = false;
  bool cut_ = false;
  bool truncated_ = false;  // an answer was not sent to its end

  std::function<void()> end_pause_;                          // while it waits for events or for its turn
  std::shared_ptr<const std::function<bool()>> permission_;  // while it sends what may be withdrawn
  SteadyTime asked_permission_{};
  Pump* pump_ = nullptr;                            // while it sends
  std::shared_ptr<std::atomic<bool>> client_gone_;  // while a request is handled
  std::uint64_t acknowledged_ = 0;
  SteadyTime progress_at_{};
};

}  // namespace dray::server

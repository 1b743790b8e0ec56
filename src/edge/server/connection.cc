#include "edge/server/connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/log.h"
#include "base/scope_exit.h"
#include "edge/server/socket_progress.h"
#include "lang/http/validators.h"

namespace dray::server {
namespace {

using namespace std::chrono_literals;
namespace beast = boost::beast;

constexpr auto kToken = net::as_tuple(net::use_awaitable_t<Executor>());
using Timer =
    net::basic_waitable_timer<std::chrono::steady_clock, net::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr auto kShortest = 1ms;  // of pauses; what is shorter is caught up with later
constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::size_t kSinkSize = 256 * 1024;  // bytes that are handed to a sink at once
constexpr ByteCount kDrainedBody = 64 * 1024 * 1024;

SteadyTime now() { return std::chrono::steady_clock::now(); }

std::string http_date_now() {
  thread_local std::time_t last = 0;
  thread_local std::string text;
  auto time =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  if (time != last) {
    text = http::format_http_date(Seconds(std::chrono::seconds(time)));
    last = time;
  }
  return text;
}

ByteCount length_of(const Body& body) {
  if (const auto* text = std::get_if<std::string>(&body)) return text->size();
  if (const auto* ranges = std::get_if<RangeBody>(&body)) return ranges->length();
  return 0;
}

}  // namespace

Connection::Connection(Shared& shared, Socket socket, std::string peer)
    : shared_(shared), socket_(std::move(socket)), peer_(std::move(peer)) {
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(net::ip::tcp::no_delay(true), ignored);
  shared_.metrics.connection_opened();
}

Connection::~Connection() { shared_.metrics.connection_closed(); }

Task<void> Connection::run() {
  auto self = shared_from_this();
  constexpr int kReadyInARow = 32;
  for (int ready_in_a_row = 0; keep_ && !cut_;) {
    auto head = co_await read_head();
    if (!head) break;
    auto begun = now();
    auto ready = draining_ ? nullptr : shared_.answers.find(*head);
    if (ready) {
      shared_.metrics.answer_repeated();
      auto sent = send_at_once(*ready);
      shared_.metrics.request_answered(ready->status, now() - begun);
      keep_ = sent == ready->size() || co_await send_rest(ready, sent);
      log::debug("{} {} {}", peer_, std::string_view(*head).substr(0, head->find('\r')), ready->status);
      if (++ready_in_a_row % kReadyInARow == 0) co_await yield();  // it is the others' turn
      continue;
    }
    keep_ = co_await serve(*head) && !draining_;
  }
  co_await linger();
}

// Those who wait have a little room of their own; what is more comes through one buffer for all.
Task<bool> Connection::read_some() {
  for (;;) {
    if (cut_) co_return false;
    if (!may_have_more_) {
      auto [failure, count] = co_await socket_.async_read_some(net::buffer(small_), kToken);
      if (failure || cut_) co_return false;  // what cannot be answered is not carried out
      in_.append(small_.data(), count);
      may_have_more_ = count == small_.size();
      co_return true;
    }
    static thread_local std::array<char, kReadSize> buffer;
    auto count = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
    if (count > 0) {
      in_.append(buffer.data(), static_cast<std::size_t>(count));
      may_have_more_ = static_cast<std::size_t>(count) == buffer.size();
      co_return true;
    }
    if (count == 0) co_return false;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) co_return false;
    may_have_more_ = false;
  }
}

Task<std::optional<std::string>> Connection::read_head() {
  const auto& config = shared_.config;
  if (in_.empty()) {
    std::string().swap(in_);
    waiting_ = Waiting::idle;
    deadline_ = now() + config.idle_timeout;
    if (draining_ || !co_await read_some()) co_return std::nullopt;
  }
  waiting_ = Waiting::head;
  deadline_ = now() + config.head_timeout;
  std::size_t searched = 0;
  for (;;) {
    auto end = http::find_head_end(in_, searched);
    if (!end && in_.size() > config.head.bytes) end = in_.size();  // too long: the gate says so
    if (end) {
      auto head = in_.substr(0, *end);
      in_.erase(0, *end);
      waiting_ = Waiting::nothing;
      co_return head;
    }
    searched = in_.size() > 3 ? in_.size() - 3 : 0;
    if (!co_await read_some()) co_return std::nullopt;
  }
}

// Runs the question on the work pool and comes back to this thread. Questions have names: GCC 12 destroys a closure
// twice when it is a temporary of a co_await expression.
Task<Response> Connection::ask(Question question, Urgency urgency) {
  auto initiate = [this, urgency, question = std::move(question)](auto handler) mutable {
    auto shared_handler = std::make_shared<decltype(handler)>(std::move(handler));
    auto executor = socket_.get_executor();
    executor.on_work_started();
    auto complete = [shared_handler, executor](Response response) {
      net::post(executor,
                [shared_handler, response = std::move(response)]() mutable { (*shared_handler)(std::move(response)); });
      executor.on_work_finished();
    };
    auto work = [question = std::move(question), complete] {
      Response response;
      try {
        response = question();
      } catch (const std::exception& failure) {
        log::error("a request failed: {}", failure.what());
        response = make_error_response(500, "something went wrong on the server; its log says what");
      }
      complete(std::move(response));
    };
    bool taken = true;
    if (urgency == Urgency::begun)
      shared_.pool.post_always(std::move(work));
    else
      taken = shared_.pool.post(std::move(work));
    if (!taken) complete(make_error_response(503, "the server is busy: try again in a few seconds"));
  };
  return net::async_initiate<const net::use_awaitable_t<Executor>, void(Response)>(std::move(initiate),
                                                                                   net::use_awaitable_t<Executor>());
}

Task<bool> Connection::serve(const std::string& raw_head) {
  auto begun = now();
  auto parsed = http::parse_head(raw_head, shared_.config.head);
  if (auto* refused = std::get_if<http::HeadError>(&parsed)) {
    keep_ = false;  // where the next request begins is not known
    co_return co_await send(nullptr, make_error_response(refused->status, refused->error.message), begun);
  }
  auto request = std::make_shared<Request>();
  request->head = std::move(std::get<http::Head>(parsed));
  request->peer = peer_;
  const auto& head = request->head;
  keep_ = head.keep_alive == http::KeepAlive::yes && !draining_;
  bool has_body = head.chunked || head.content_length.value_or(0) > 0;
  auto target = http::parse_target(head.target);
  if (!target) {
    keep_ = keep_ && !has_body;
    co_return co_await send(&head, make_error_response(target.error()), begun);
  }
  request->target = *std::move(target);
  if (has_body) {
    // The answer to admit() travels as a response whose status is 0 when the body may come.
    auto limit = std::make_shared<ByteCount>(0);
    Question admit = [service = &shared_.service, request, limit]() -> Response {
      auto answer = service->admit(*request);
      if (auto* admission = std::get_if<Admission>(&answer)) {
        *limit = admission->limit;
        request->sink = std::move(admission->sink);
        return {0, {}, std::string()};
      }
      return std::get<Response>(std::move(answer));
    };
    auto refusal = co_await ask(std::move(admit), Urgency::fresh);
    if (refusal.status == 0 && head.content_length.value_or(0) > *limit) {
      refusal = make_error_response(
          413, fmt::format("the body has {} bytes; at most {} are taken here", *head.content_length, *limit));
    }
    if (refusal.status != 0) {
      keep_ = false;  // its body is not read
      co_return co_await send(&head, std::move(refusal), begun);
    }
    if (!co_await read_body(*request, *limit)) co_return false;
  }
  auto asked = has_body ? std::nullopt : shared_.answers.now();
  Question handle = [service = &shared_.service, request] { return service->handle(*request); };
  client_gone_ = request->client_gone = std::make_shared<std::atomic<bool>>(false);
  auto response = co_await ask(std::move(handle), Urgency::fresh);
  client_gone_ = nullptr;
  if (asked && response.is_repeatable) remember(raw_head, *asked, head, response);
  co_return co_await send(&request->head, std::move(response), begun);
}

void Connection::remember(const std::string& raw_head, const AnswerCache::Moment& asked, const http::Head& head,
                          const Response& response) {
  constexpr ByteCount kLargest = 256 * 1024;
  const auto* ranges = std::get_if<RangeBody>(&response.body);
  bool has_body = ranges && head.method != http::Method::head;
  bool is_plain = ranges || length_of(response.body) == 0;  // or it is an error's text
  if (!keep_ || draining_ || !is_plain || (has_body && ranges->source->size() > kLargest)) return;
  ReadyAnswer answer;
  answer.status = response.status;
  answer.head = format_head(&head, response);
  if (has_body) {
    if (ranges->parts.size() != 1 || !ranges->parts[0].before.empty() || !ranges->after.empty()) return;
    answer.source = ranges->source;
    answer.range = ranges->parts[0].range;
    std::shared_ptr<ByteCursor> cursor = ranges->source->open_cursor(answer.range.offset);
    auto piece = cursor->next();
    if (!piece || piece->literal.size() < answer.range.length) return;
    answer.body = piece->literal.substr(0, answer.range.length);
    answer.cursor = std::move(cursor);
  }
  shared_.answers.keep(raw_head, asked, std::move(answer));
}

std::size_t Connection::send_at_once(const ReadyAnswer& answer) {
  iovec parts[] = {{const_cast<char*>(answer.head.data()), answer.head.size()},
                   {const_cast<char*>(answer.body.data()), answer.body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = answer.body.empty() ? 1 : 2;
  auto count = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
  auto sent = count < 0 ? std::size_t(0) : static_cast<std::size_t>(count);  // who has gone is met again
  shared_.metrics.bytes_sent(sent);
  return sent;
}

Task<bool> Connection::send_rest(std::shared_ptr<const ReadyAnswer> answer, std::size_t sent) {
  auto of_head = std::min(sent, answer->head.size()), of_body = sent - of_head;
  RangeBody rest;
  if (answer->source)
    rest = {answer->source, {{"", {answer->range.offset + of_body, answer->range.length - of_body}}}, ""};
  Pump pump(answer->head.substr(of_head), std::move(rest));
  bool whole = co_await run_pump(pump);
  shared_.metrics.bytes_sent(pump.sent());
  if (!whole) shared_.metrics.response_cut();
  truncated_ = !whole;
  co_return whole;
}

Task<bool> Connection::read_body(Request& request, ByteCount limit) {
  if (request.head.expects_continue && in_.empty() && !co_await write_text("HTTP/1.1 100 Continue\r\n\r\n"))
    co_return false;
  waiting_ = Waiting::body;
  deadline_ = now() + shared_.config.body_grace;
  bool whole = false;  // no conditional expression: GCC 12 loses its way in one with three co_awaits
  if (request.head.chunked)
    whole = co_await read_chunked_body(request, limit);
  else if (request.sink)
    whole = co_await read_sized_body_into_sink(request);
  else
    whole = co_await read_sized_body(request);
  waiting_ = Waiting::nothing;
  co_return whole;
}

Task<bool> Connection::read_sized_body(Request& request) {
  auto length = *request.head.content_length;
  while (in_.size() < length) {
    auto before = in_.size();
    if (!co_await read_some()) co_return false;
    deadline_ += std::chrono::milliseconds(in_.size() - before);  // a second for every 1000 bytes
  }
  request.body = in_.substr(0, length);
  in_.erase(0, length);
  co_return true;
}

Task<bool> Connection::read_sized_body_into_sink(Request& request) {
  for (auto left = *request.head.content_length; left > 0;) {
    auto count = std::min<ByteCount>(in_.size(), left);
    if (count < kSinkSize && count < left) {
      auto before = in_.size();
      if (!co_await read_some()) co_return false;
      deadline_ += std::chrono::milliseconds(in_.size() - before);
      continue;
    }
    auto bytes = in_.substr(0, count);
    in_.erase(0, count);
    left -= count;
    if (!co_await write_to_sink(request, std::move(bytes))) co_return false;
  }
  co_return true;
}

Task<bool> Connection::write_to_sink(Request& request, std::string bytes) {
  auto shared_bytes = std::make_shared<std::string>(std::move(bytes));
  Question write = [sink = request.sink, shared_bytes]() -> Response {
    auto written = sink->write(*shared_bytes);
    return written ? Response() : make_error_response(written.error());
  };
  waiting_ = Waiting::nothing;  // it is not the client that is waited for
  auto begun = now();
  auto answer = co_await ask(std::move(write), Urgency::begun);
  waiting_ = Waiting::body;
  deadline_ += now() - begun;
  if (answer.status == 200) co_return true;
  keep_ = false;  // the rest of its body is not read
  co_await send(&request.head, std::move(answer), now());
  co_return false;
}

// Beast takes the chunks apart; it is given a head of our own, since the real one has passed the gate already.
Task<bool> Connection::read_chunked_body(Request& request, ByteCount limit) {
  beast::http::request_parser<beast::http::string_body> parser;
  parser.body_limit(limit);
  parser.eager(true);
  beast::error_code failure;
  constexpr std::string_view head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  parser.put(net::buffer(head), failure);
  while (!failure && !parser.is_done()) {
    if (!in_.empty()) {
      auto used = parser.put(net::buffer(in_), failure);
      in_.erase(0, used);
      if (failure == beast::http::error::need_more) failure = {};
      auto& body = parser.get().body();
      if (!failure && request.sink && (body.size() >= kSinkSize || parser.is_done()) && !body.empty()) {
        if (!co_await write_to_sink(request, std::exchange(body, {}))) co_return false;
      }
      if (failure || parser.is_done()) break;
    }
    if (in_.size() > kReadSize) break;  // a chunk's head or trailers of 64 KiB are an attack
    auto before = in_.size();
    if (!co_await read_some()) co_return false;
    deadline_ += std::chrono::milliseconds(in_.size() - before);
  }
  if (failure || !parser.is_done()) {
    if (!failure) failure = beast::http::error::header_limit;
    keep_ = false;
    bool too_large = failure == beast::http::error::body_limit;
    auto refusal = too_large ? make_error_response(413, fmt::format("the body has more than {} bytes", limit))
                             : make_error_response(400, "the body's chunks are malformed: " + failure.message());
    co_await send(&request.head, std::move(refusal), now());
    co_return false;
  }
  request.body = std::move(parser.get().body());
  co_return true;
}

std::string Connection::format_head(const http::Head* head, const Response& response) {
  fmt::memory_buffer out;
  auto at = std::back_inserter(out);
  fmt::format_to(at, "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason_of(response.status), http_date_now());
  for (const auto& field : response.fields) fmt::format_to(at, "{}: {}\r\n", field.name, field.value);
  bool stream = std::holds_alternative<StreamBody>(response.body) || std::holds_alternative<EventBody>(response.body);
  if (stream && head && head->minor_version == 1)
    fmt::format_to(at, "Transfer-Encoding: chunked\r\n");
  else if (stream)
    keep_ = false;  // HTTP/1.0: the end of the connection is the end of the body
  else if (response.status != 304 && response.status != 204)
    fmt::format_to(at, "Content-Length: {}\r\n", length_of(response.body));
  if (!keep_)
    fmt::format_to(at, "Connection: close\r\n");
  else if (head && head->minor_version == 0)
    fmt::format_to(at, "Connection: keep-alive\r\n");
  fmt::format_to(at, "\r\n");
  return fmt::to_string(out);
}

Task<bool> Connection::send(const http::Head* head, Response response, SteadyTime begun) {
  if (draining_) keep_ = false;
  auto text = format_head(head, response);
  shared_.metrics.request_answered(response.status, now() - begun);
  log::debug("{} {} {} {}", peer_, head ? head->method_name : "?", head ? head->target : "?", response.status);
  bool head_only = head && head->method == http::Method::head;
  if (auto* stream = std::get_if<StreamBody>(&response.body)) {
    if (!co_await write_text(std::move(text))) co_return false;
    if (head_only) co_return keep_;
    truncated_ = !co_await send_stream(std::move(*stream), head && head->minor_version == 1);
    co_return !truncated_ && keep_;
  }
  if (auto* events = std::get_if<EventBody>(&response.body)) {
    if (!co_await write_text(std::move(text))) co_return false;
    if (head_only) co_return keep_;
    truncated_ = !co_await send_events(std::move(*events), head && head->minor_version == 1);
    co_return !truncated_ && keep_;
  }
  RangeBody body;
  if (head_only || response.status == 304)
    body = {};
  else if (auto* ranges = std::get_if<RangeBody>(&response.body))
    body = std::move(*ranges);
  else
    body.after = std::get<std::string>(std::move(response.body));
  if (response.may_go_on) permission_ = std::make_shared<std::function<bool()>>(std::move(response.may_go_on));
  asked_permission_ = now();
  Pump pump(std::move(text), std::move(body));
  bool whole = co_await run_pump(pump, response.stream.get());
  permission_ = nullptr;
  shared_.metrics.bytes_sent(pump.sent());
  if (!whole) shared_.metrics.response_cut();
  truncated_ = !whole;
  if (!whole && !pump.error().empty())
    log::warn("{}: an answer to {} was cut: {}", peer_, head ? head->target.substr(0, head->target.find('?')) : "?",
              pump.error());  // a query may hold the secret of a link
  co_return whole&& keep_;
}

Task<bool> Connection::run_pump(Pump& pump, const Stream* stream) {
  progress_at_ = now();
  acknowledged_ = 0;
  for (;;) {
    if (cut_) co_return false;
    auto before = pump.sent();
    auto step = stream ? pump.step(socket_.native_handle(), stream->turn()) : pump.step(socket_.native_handle());
    auto wait = stream ? stream->spend(pump.sent() - before, now()) : 0ns;
    if (wait > kShortest && step != Pump::Step::done && step != Pump::Step::failed) {
      co_await pause(wait);
      if (cut_) co_return false;
    }
    switch (step) {
      case Pump::Step::done:
        co_return true;
      case Pump::Step::failed:
        co_return false;
      case Pump::Step::yield:
        co_await yield();
        break;
      case Pump::Step::want_read: {
        Question warm_up = [&pump] {
          pump.warm_up();
          return Response();
        };
        co_await ask(std::move(warm_up), Urgency::begun);
        break;
      }
      case Pump::Step::want_write: {
        waiting_ = Waiting::client;
        pump_ = &pump;
        auto [failure] = co_await socket_.async_wait(Socket::wait_write, kToken);
        waiting_ = Waiting::nothing;
        pump_ = nullptr;
        if (failure) co_return false;
        break;
      }
    }
  }
}

Task<void> Connection::pause(std::chrono::nanoseconds time) {
  Timer timer(socket_.get_executor(), time);
  end_pause_ = [&timer] { timer.cancel(); };
  ScopeExit leave([this] { end_pause_ = nullptr; });
  co_await timer.async_wait(kToken);
}

Task<void> Connection::yield() { co_await net::post(socket_.get_executor(), net::use_awaitable_t<Executor>()); }

Task<bool> Connection::write_text(std::string text) {
  Pump pump(std::move(text), {});
  bool whole = co_await run_pump(pump);
  shared_.metrics.bytes_sent(pump.sent());
  co_return whole;
}

Task<bool> Connection::send_stream(StreamBody body, bool chunked) {
  auto shared_body = std::make_shared<StreamBody>(std::move(body));
  for (;;) {
    Question next = [shared_body]() -> Response {
      std::string text;
      auto made = shared_body->next(text);
      if (!made) return make_error_response(made.error());
      return {200, {}, std::move(text)};
    };
    auto part = co_await ask(std::move(next), Urgency::begun);
    if (part.status != 200) {
      log::warn("{}: an answer was cut: {}", peer_, std::get<std::string>(part.body));
      keep_ = false;
      shared_.metrics.response_cut();
      co_return false;
    }
    auto text = std::get<std::string>(std::move(part.body));
    bool last = text.empty();
    if (chunked) text = last ? "0\r\n\r\n" : fmt::format("{:x}\r\n{}\r\n", text.size(), text);
    if (!text.empty() && !co_await write_text(std::move(text))) co_return false;
    if (last) co_return true;
  }
}

Task<bool> Connection::send_events(EventBody body, bool chunked) {
  constexpr auto kSilence = 15s;  // proxies give up what says nothing, and whoever has gone is noticed
  auto timer = std::make_shared<Timer>(socket_.get_executor());
  auto wake = [timer = std::weak_ptr<Timer>(timer), executor = socket_.get_executor()] {
    net::post(executor, [timer] {
      if (auto waiting = timer.lock()) waiting->cancel();
    });
  };
  end_pause_ = [&timer] { timer->cancel(); };
  ScopeExit leave([this] { end_pause_ = nullptr; });
  for (;;) {
    if (cut_ || draining_) break;
    auto text = body.source->take(wake);
    if (!text) break;
    if (text->empty()) {
      timer->expires_after(kSilence);
      auto [woken] = co_await timer->async_wait(kToken);
      if (woken) continue;
      text = ":\n\n";
    }
    if (chunked) *text = fmt::format("{:x}\r\n{}\r\n", text->size(), *text);
    if (!co_await write_text(*std::move(text))) co_return false;
  }
  if (cut_) co_return false;
  co_return !chunked || co_await write_text("0\r\n\r\n");
}

// Closing a socket with unread bytes resets the connection, and the client loses the answer: what it still sends is
// read first, for two seconds and up to a limit.
Task<void> Connection::linger() {
  boost::system::error_code ignored;
  if (truncated_) {
    // A reset: in HTTP/1.0 a body without length would look whole, and bytes that nobody takes would stay in the
    // kernel.
    socket_.set_option(net::socket_base::linger(true, 0), ignored);
  } else if (!cut_) {
    socket_.shutdown(Socket::shutdown_send, ignored);
    waiting_ = Waiting::idle;
    deadline_ = now() + 2s;
    draining_ = false;  // the deadline ends it
    ByteCount drained = 0;
    while (!ignored && drained < kDrainedBody) {
      in_.clear();
      if (!co_await read_some()) break;
      drained += in_.size();
    }
  }
  waiting_ = Waiting::nothing;
  socket_.close(ignored);
}

std::optional<Permission> Connection::find_permission(SteadyTime at) {
  if (!permission_ || at - asked_permission_ < 1s) return std::nullopt;
  asked_permission_ = at;
  return Permission{shared_from_this(), permission_};
}

bool Permission::holds() const {
  try {
    return (*question)();
  } catch (const std::exception& failure) {
    log::error("whether an answer may go on cannot be told: {}", failure.what());
    return true;
  }
}

void Connection::withdraw(const Permission& permission) {
  if (permission_ != permission.question) return;  // it has been sent meanwhile
  log::info("{}: an answer was cut: the right to it was withdrawn", peer_);
  cut();
}

void Connection::sweep(SteadyTime at) {
  if (client_gone_ && client_has_closed()) *client_gone_ = true;
  if (waiting_ == Waiting::nothing) return;
  if (waiting_ == Waiting::client) {
    if (client_made_progress(at)) return;
    if (pump_ && at - progress_at_ > 1s) pump_->rest();
    if (at - progress_at_ < shared_.config.stall_timeout) return;
  } else if (at < deadline_) {
    return;
  }
  shared_.metrics.connection_timed_out();
  cut();
}

// Behind a further request that has come already it cannot be seen.
bool Connection::client_has_closed() {
  char byte = 0;
  auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

bool Connection::client_made_progress(SteadyTime at) {
  auto acknowledged = acknowledged_bytes(socket_.native_handle());
  if (acknowledged == acknowledged_) return false;
  acknowledged_ = acknowledged;
  progress_at_ = at;
  return true;
}

void Connection::drain() {
  draining_ = true;
  if (end_pause_) end_pause_();
  if (waiting_ == Waiting::idle) cut();
}

void Connection::cut() {
  cut_ = true;
  if (end_pause_) end_pause_();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace dray::server

#include "edge/server/server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "edge/server/connection.h"

namespace dray::server {
namespace {

using namespace std::chrono_literals;
using Acceptor = net::basic_socket_acceptor<net::ip::tcp, Executor>;
using Timer =
    net::basic_waitable_timer<std::chrono::steady_clock, net::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr auto kToken = net::as_tuple(net::use_awaitable_t<Executor>());
constexpr auto kSweepEvery = 500ms;
constexpr int kBacklog = 4096;
constexpr rlim_t kOtherDescriptors = 256;  // the catalog, the packs, the log

// One network thread and its connections. The list is declared before the context, whose destruction ends coroutines
// that use it.
struct Worker {
  std::unordered_set<std::shared_ptr<Connection>> connections;
  net::io_context context{1};
  std::thread thread;
  bool draining = false;
  bool is_asking = false;  // for permissions
  SteadyTime cut_at = SteadyTime::max();
};

class HttpServer final : public Server {
 public:
  HttpServer(const ServerConfig& config, Service& service, Metrics& metrics)
      : config_(config),
        pool_(config.service_threads, config.requests_waiting),
        answers_(service),
        shared_{config_, service, metrics, pool_, answers_} {
    auto count = config.workers ? config.workers : std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>());
  }

  Result<void> listen() {
    boost::system::error_code failure;
    net::ip::basic_resolver<net::ip::tcp, Executor> resolver(first().context);
    auto found = resolver.resolve(config_.host, config_.port, net::ip::resolver_base::passive, failure);
    if (failure)
      return Error{Code::invalid, fmt::format("{}:{} is not an address to listen at: {}", config_.host, config_.port,
                                              failure.message())};
    auto endpoint = found.begin()->endpoint();
    acceptor_.emplace(first().context);
    acceptor_->open(endpoint.protocol(), failure);
    if (!failure) acceptor_->set_option(Acceptor::reuse_address(true), failure);
    if (!failure) acceptor_->bind(endpoint, failure);
    if (!failure) acceptor_->listen(kBacklog, failure);
    if (failure) {
      return Error{failure == net::error::address_in_use ? Code::conflict : Code::unavailable,
                   fmt::format("cannot listen at {}:{}: {}", config_.host, config_.port, failure.message())};
    }
    auto local = acceptor_->local_endpoint(failure);
    auto host = local.address().to_string();
    address_ = fmt::format("{}:{}", local.address().is_v6() ? "[" + host + "]" : host, local.port());
    return ok();
  }

  std::string address() const override { return address_; }

  void run() override {
    std::signal(SIGPIPE, SIG_IGN);  // sendfile has no flag for it
    net::co_spawn(first().context, accept(), net::detached);
    for (auto& worker : workers_) net::co_spawn(worker->context, sweep(*worker), net::detached);
    for (std::size_t i = 1; i < workers_.size(); ++i) {
      workers_[i]->thread = std::thread([context = &workers_[i]->context] { context->run(); });
    }
    first().context.run();
    for (std::size_t i = 1; i < workers_.size(); ++i) workers_[i]->thread.join();
  }

  void stop(std::chrono::seconds grace) override {
    auto cut_at = std::chrono::steady_clock::now() + grace;
    net::post(first().context, [this] {
      boost::system::error_code ignored;
      if (acceptor_) acceptor_->close(ignored);
    });
    for (auto& worker : workers_) {
      net::post(worker->context, [worker = worker.get(), cut_at] {
        worker->draining = true;
        worker->cut_at = std::min(worker->cut_at, cut_at);
        for (const auto& connection : worker->connections) connection->drain();
      });
    }
  }

 private:
  Worker& first() { return *workers_.front(); }

  Task<void> accept() {
    for (std::size_t next = 0;; ++next) {
      auto& worker = *workers_[next % workers_.size()];
      auto [failure, socket] = co_await acceptor_->async_accept(worker.context, kToken);
      if (!acceptor_->is_open()) co_return;
      if (failure) {  // out of descriptors, or the client has gone already
        log::warn("cannot accept a connection: {}", failure.message());
        Timer pause(first().context, 100ms);
        co_await pause.async_wait(kToken);
        continue;
      }
      if (open_connections_ >= config_.connections) continue;  // closes it
      ++open_connections_;
      net::post(worker.context,
                [this, &worker, socket = std::move(socket)]() mutable { begin(worker, Socket(std::move(socket))); });
    }
  }

  void begin(Worker& worker, Socket socket) {
    boost::system::error_code failure;
    auto peer = socket.remote_endpoint(failure);
    auto connection =
        std::make_shared<Connection>(shared_, std::move(socket), failure ? "?" : peer.address().to_string());
    worker.connections.insert(connection);
    if (worker.draining) connection->drain();
    net::co_spawn(worker.context, connection->run(), [this, &worker, connection](std::exception_ptr failed) {
      if (failed) log::error("a connection ended in an exception");
      worker.connections.erase(connection);
      --open_connections_;
    });
  }

  // One timer for all connections of a worker. Ends when the worker is to stop and has no connection left.
  // One piece of work for all of them, so that many answers that are being sent leave room for requests.
  void ask_for_permissions(Worker& worker, SteadyTime now) {
    if (worker.is_asking) return;
    auto due = std::make_shared<std::vector<Permission>>();
    for (const auto& connection : worker.connections) {
      if (auto permission = connection->find_permission(now)) due->push_back(*std::move(permission));
    }
    if (due->empty()) return;
    worker.is_asking = true;
    auto executor = worker.context.get_executor();
    executor.on_work_started();
    pool_.post_always([&worker, due, executor]() mutable {
      std::vector<char> holds;
      for (const auto& permission : *due) holds.push_back(permission.holds());
      net::post(executor, [&worker, due = std::move(due), holds = std::move(holds)] {
        worker.is_asking = false;
        for (std::size_t i = 0; i < due->size(); ++i) {
          const auto& permission = (*due)[i];
          if (!holds[i]) permission.connection->withdraw(permission);
        }
      });
      executor.on_work_finished();
    });
  }

  Task<void> sweep(Worker& worker) {
    Timer timer(worker.context);
    for (;;) {
      timer.expires_after(worker.draining ? 20ms : kSweepEvery);
      co_await timer.async_wait(kToken);
      auto now = std::chrono::steady_clock::now();
      auto connections = worker.connections;  // cutting one changes the list
      ask_for_permissions(worker, now);
      for (const auto& connection : connections) {
        if (now >= worker.cut_at)
          connection->cut();
        else
          connection->sweep(now);
      }
      if (worker.draining && worker.connections.empty()) co_return;
    }
  }

  const ServerConfig config_;
  WorkPool pool_;
  AnswerCache answers_;
  Shared shared_;
  std::atomic<std::size_t> open_connections_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<Acceptor> acceptor_;
  std::string address_;
};

// Every connection needs a descriptor, and every download one more. Answers how many connections there are descriptors
// for: with more, clients that do nothing could take those of the downloads.
Result<std::size_t> allow_descriptors(std::size_t connections) {
  auto allowed = raise_descriptor_limit(2 * connections + kOtherDescriptors);
  if (allowed < 128) {
    return Error{
        Code::unavailable,
        fmt::format("only {} file descriptors are allowed; raise the limit (ulimit -n) to 128 at least", allowed)};
  }
  auto margin = std::min<std::size_t>(kOtherDescriptors, allowed / 2);
  auto possible = (allowed - margin) / 2;
  if (possible < connections)
    log::warn("{} file descriptors are allowed: at most {} connections at a time", allowed, possible);
  return std::min(connections, possible);
}

}  // namespace

Result<std::unique_ptr<Server>> open_server(const ServerConfig& config, Service& service, Metrics& metrics) {
  auto possible = config;
  ASSIGN_OR_RETURN(possible.connections, allow_descriptors(config.connections));
  auto server = std::make_unique<HttpServer>(possible, service, metrics);
  RETURN_IF_ERROR(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace dray::server

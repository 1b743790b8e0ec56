#include "service/rendering/worker_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "base/scope_exit.h"
#include "service/rendering/channel.h"

namespace dray::service {
namespace {

constexpr int kChannel = 3;  // where the child finds it
constexpr std::chrono::milliseconds kStartPatience{20'000};

Result<pid_t> spawn(const std::vector<std::string>& command, int channel) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ScopeExit destroy([&] { ::posix_spawn_file_actions_destroy(&actions); });
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, 2, 1);
  ::posix_spawn_file_actions_adddup2(&actions, channel, kChannel);
  // Ctrl-C at the server's terminal is for the server, which ends its workers itself.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ScopeExit destroy_attributes([&] { ::posix_spawnattr_destroy(&attributes); });
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // Nothing of the server's environment: it may hold secrets. Memory that is freed goes back sooner with few arenas.
  const char* environment[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "MALLOC_ARENA_MAX=2", "HOME=/nonexistent",
                               nullptr};
  pid_t pid = -1;
  auto failure =
      ::posix_spawn(&pid, arguments[0], &actions, &attributes, arguments.data(), const_cast<char**>(environment));
  if (failure != 0) return system_error("cannot start a worker", failure);
  return pid;
}

// A worker has read what strangers have sent: nothing of what it says is taken for granted.
bool is_answer_to(const RenderJob& job, const Made& made) {
  struct stat status;
  if (::fstat(made.output.get(), &status) < 0) return false;
  auto size = static_cast<ByteCount>(status.st_size);
  if (made.reply.made.size() != job.recipes.size() + job.renditions.size()) return false;
  return std::all_of(made.reply.made.begin(), made.reply.made.end(), [&](const auto& item) {
    const auto* file = std::get_if<MadeFile>(&item);
    return !file || (file->offset <= size && file->length <= size - file->offset && file->size.width > 0 &&
                     file->size.height > 0 && file->mime_type.size() < 100 && file->name.size() < 300 &&
                     file->mime_type.find_first_of("\r\n") == std::string::npos);
  });
}

}  // namespace

struct WorkerPool::Worker {
  pid_t pid = -1;
  UniqueFd channel;
  unsigned jobs = 0;

  Worker() = default;
  Worker(const Worker&) = delete;
  ~Worker() {
    channel.reset();
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
};

WorkerPool::WorkerPool(WorkerPoolConfig config) : config_(std::move(config)) {}
WorkerPool::~WorkerPool() = default;

WorkerCounts WorkerPool::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<std::string> WorkerPool::missing_walls() const {
  std::lock_guard lock(mutex_);
  return missing_walls_;
}

Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::start() {
  ASSIGN_OR_RETURN(auto pair, make_channel());
  auto worker = std::make_unique<Worker>();
  // The child must not find it at 3 already: then it would be closed there.
  UniqueFd theirs(::fcntl(pair.theirs.get(), F_DUPFD_CLOEXEC, kChannel + 1));
  if (!theirs) return system_error("cannot start a worker", errno);
  ASSIGN_OR_RETURN(worker->pid, spawn(config_.command, theirs.get()));
  worker->channel = std::move(pair.ours);
  theirs.reset();
  pair.theirs.reset();
  auto hello = receive_message(worker->channel.get(), kStartPatience);
  if (!hello) return Error{Code::unavailable, "a worker was started and did not answer", hello.error().message};
  ASSIGN_OR_RETURN(auto missing, parse_json(hello->text));
  std::lock_guard lock(mutex_);
  if (counts_.started++ == 0 && missing.is_array()) {
    for (const auto& what : missing.get_array()) {
      missing_walls_.emplace_back(what.is_string() ? std::string_view(what.get_string()) : std::string_view());
      log::warn("the processes that read images go without {}", missing_walls_.back());
    }
  }
  return worker;
}

Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::take() {
  {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return busy_ < config_.workers; });
    ++busy_;
    if (!idle_.empty()) {
      auto worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  auto worker = start();
  if (!worker) give(nullptr);
  return worker;
}

void WorkerPool::give(std::unique_ptr<Worker> worker) {
  std::unique_ptr<Worker> retired;
  std::lock_guard lock(mutex_);
  --busy_;
  freed_.notify_one();
  if (!worker) return;
  if (worker->jobs >= config_.jobs_per_worker)
    retired = std::move(worker);
  else
    idle_.push_back(std::move(worker));
}

Result<Made> WorkerPool::try_once(const RenderJob& job, const std::string& text, int source, bool& died) {
  died = false;
  Made made;
  made.output = UniqueFd(::memfd_create("renditions", MFD_CLOEXEC));
  if (!made.output) return system_error("cannot make room for renditions", errno);
  ASSIGN_OR_RETURN(auto worker, take());
  ++worker->jobs;
  auto sent = send_message(worker->channel.get(), text, {source, made.output.get()});
  auto answer = sent ? receive_message(worker->channel.get(), config_.patience) : Result<Message>(sent.error());
  if (answer) {
    give(std::move(worker));
    ASSIGN_OR_RETURN(auto value, parse_json(answer->text));
    ASSIGN_OR_RETURN(made.reply, render_reply_from_json(value));
    if (made.reply.error) return *std::move(made.reply.error);
    if (!is_answer_to(job, made)) return Error{Code::unavailable, "a worker answered something else than it was asked"};
    return made;
  }
  auto code = answer.error().code;
  worker.reset();  // killed, and waited for
  give(nullptr);
  std::lock_guard lock(mutex_);
  if (code == Code::busy) {
    ++counts_.killed;
    return Error{Code::invalid,
                 fmt::format("it takes longer than {} s to make; the file may be damaged, or made to cost time",
                             config_.patience.count() / 1000)};
  }
  if (code != Code::gone) return std::move(answer).error();
  ++counts_.died;
  died = true;
  return Error{Code::invalid,
               "it cannot be made: the program that reads such files broke off, so this one may be damaged"};
}

Result<Made> WorkerPool::run(const RenderJob& job, int source) {
  auto text = json::serialize(to_json(job));
  {
    std::lock_guard lock(mutex_);
    ++counts_.jobs;
  }
  bool died = false;
  auto made = try_once(job, text, source, died);
  if (died) made = try_once(job, text, source, died);
  return made;
}

}  // namespace dray::service

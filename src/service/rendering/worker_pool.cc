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
#include "pipeline/renditions/encode.h"
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
  ::posix_spawn_file_actions_addclosefrom_np(&actions, kChannel + 1);  // listening sockets, others' connections
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
  auto rest = static_cast<ByteCount>(status.st_size);
  const auto& reply = made.reply;
  if (reply.made.size() != job.recipes.size() + job.renditions.size()) return false;
  if (reply.smart_crops.size() != job.smart_crops.size()) return false;
  for (const auto& box : reply.smart_crops) {
    bool is_inside = box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0 && box.left + box.width < 1.001 &&
                     box.top + box.height < 1.001;
    if (!is_inside) return false;
  }
  ByteCount end = 0;
  for (std::size_t i = 0; i < reply.made.size(); ++i) {
    const auto* file = std::get_if<MadeFile>(&reply.made[i]);
    if (!file) continue;
    if (file->offset != end || file->length > rest || file->size.width <= 0 || file->size.height <= 0) return false;
    rest -= file->length;
    end += file->length;
    if (i < job.recipes.size()) {
      auto output = job.recipes[i].recipe.output.value_or(is::Output());
      if (file->mime_type != pipeline::mime_type_of(output.format) || !file->name.empty()) return false;
    } else {
      const auto& wanted = job.renditions[i - job.recipes.size()].name;
      bool is_named = file->name == wanted || file->name == wanted + ".png" || file->name == wanted + ".jpeg";
      if (!is_named || (file->mime_type != "image/png" && file->mime_type != "image/jpeg")) return false;
    }
  }
  return true;
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

// One that dies while it starts may have been killed for want of memory: others are tried.
Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::start() {
  constexpr int kTries = 3;
  for (int tries = 1;; ++tries) {
    auto worker = start_once();
    if (worker || tries == kTries) return worker;
    log::warn("{} {}", worker.error().message, worker.error().detail);
  }
}

Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::start_once() {
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

Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::take(Admission admission) {
  {
    std::unique_lock lock(mutex_);
    if (admission == Admission::unless_crowded && waiting_ >= config_.most_waiting)
      return Error{Code::busy, "many pictures are being made right now: try again in a moment"};
    ++waiting_;
    freed_.wait(lock, [&] { return busy_ < config_.workers; });
    --waiting_;
    ++busy_;
    if (!idle_.empty()) {
      auto worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  try {
    auto worker = start();
    if (!worker) give(nullptr);
    return worker;
  } catch (...) {
    give(nullptr);
    throw;
  }
}

// A worker that died while it had nothing to do says nothing about this job: another one gets it.
Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::take_and_send(const std::string& text, int source, int output,
                                                                      Admission admission) {
  for (unsigned tries = 0;; ++tries) {
    ASSIGN_OR_RETURN(auto worker, take(admission));
    auto sent = send_message(worker->channel.get(), text, {source, output});
    if (sent) return worker;
    bool is_new = worker->jobs == 0;
    worker.reset();
    give(nullptr);
    if (sent.error().code != Code::gone || is_new || tries > config_.workers) return std::move(sent).error();
    std::lock_guard lock(mutex_);
    ++counts_.died;
  }
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

Result<Made> WorkerPool::try_once(const RenderJob& job, const std::string& text, int source, Admission admission,
                                  bool& died) {
  died = false;
  Made made;
  made.output = UniqueFd(::memfd_create("renditions", MFD_CLOEXEC));
  if (!made.output) return system_error("cannot make room for renditions", errno);
  ASSIGN_OR_RETURN(auto worker, take_and_send(text, source, made.output.get(), admission));
  ++worker->jobs;
  auto answer = receive_message(worker->channel.get(), config_.patience);
  if (answer) {
    give(std::move(worker));
    auto value = parse_json(answer->text);
    auto reply = value ? render_reply_from_json(*value) : Result<RenderReply>(value.error());
    if (!reply) return Error{Code::unavailable, "a worker answered nonsense", reply.error().message};
    made.reply = *std::move(reply);
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

Result<Made> WorkerPool::run(const RenderJob& job, int source, Admission admission) {
  auto text = json::serialize(to_json(job));
  {
    std::lock_guard lock(mutex_);
    ++counts_.jobs;
  }
  bool died = false;
  auto made = try_once(job, text, source, admission, died);
  if (died) made = try_once(job, text, source, admission, died);
  return made;
}

}  // namespace dray::service

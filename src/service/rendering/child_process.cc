#include "service/rendering/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/scope_exit.h"
#include "base/unique_fd.h"

namespace dray::service {

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& command,
                                         const std::vector<Descriptor>& descriptors) {
  constexpr int kBeyond = 16;  // no descriptor is put where another one still stands
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ScopeExit destroy([&] { ::posix_spawn_file_actions_destroy(&actions); });
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, 2, 1);
  std::vector<UniqueFd> moved;
  int last = 2;
  for (const auto& descriptor : descriptors) {
    moved.emplace_back(::fcntl(descriptor.ours, F_DUPFD_CLOEXEC, kBeyond));
    if (!moved.back()) return system_error("cannot start a process", errno);
    ::posix_spawn_file_actions_adddup2(&actions, moved.back().get(), descriptor.theirs);
    last = std::max(last, descriptor.theirs);
  }
  ::posix_spawn_file_actions_addclosefrom_np(&actions, last + 1);  // listening sockets, others' connections
  // Ctrl-C at the server's terminal is for the server, which ends its children itself.
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
  const char* environment[] = {"PATH=/usr/bin:/bin",
                               "LANG=C.UTF-8",
                               "MALLOC_ARENA_MAX=2",
                               "HOME=/nonexistent",
                               "VIPS_WARNING=0",  // what strangers' files give rise to would fill the log
                               nullptr};
  ChildProcess child;
  auto failure = ::posix_spawn(&child.pid_, arguments[0], &actions, &attributes, arguments.data(),
                               const_cast<char**>(environment));
  if (failure != 0) {
    child.pid_ = -1;
    return system_error("cannot start a process", failure);
  }
  return child;
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds patience) {
  UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd event{handle.get(), POLLIN, 0};
  auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    auto ready = ::poll(&event, 1, std::max(0, static_cast<int>(left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }
}

}  // namespace dray::service

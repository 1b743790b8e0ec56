// Other programs, started without anything of the server's: no descriptors but those given, no environment.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dray::service {

// Killed and waited for when it is destroyed.
class ChildProcess {
 public:
  struct Descriptor {
    int ours, theirs;  // theirs: 0 to 2, or one behind the other from 3
  };
  // 0 is /dev/null unless given, 1 is what 2 is. Code::unavailable and the like: it cannot be started.
  static Result<ChildProcess> start(const std::vector<std::string>& command,
                                    const std::vector<Descriptor>& descriptors);

  ChildProcess() = default;
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~ChildProcess();

  // How it ended, as wait(2) says it; nullopt: it runs on after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);

 private:
  pid_t pid_ = -1;
};

}  // namespace dray::service

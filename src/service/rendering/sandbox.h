// Walls around a process that reads what strangers have sent.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace dray::service {

// The sanitizers map terabytes: with them, memory is not limited.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kLimitsMemory = false;
#else
inline constexpr bool kLimitsMemory = true;
#endif

struct SandboxRules {
  ByteCount memory = 512 * 1024 * 1024;   // that the process may allocate
  ByteCount output = 1200 * 1024 * 1024;  // that it may write to one file: what is made lies in the server's memory
  std::vector<std::string> readable;      // folders and files, below which everything may be read
  std::vector<std::string> writable;      // files that may be opened for writing
  int open_files = 64;
  std::uint64_t cpu_seconds = 0;  // that all of its threads may compute; 0: no limit
  bool runs_programs = false;     // whether it may become another program, which the same holds for
};

// What holds from now on, for all threads of the process and whatever it does. Files beyond `readable` cannot be
// opened, none can be written but those that are open and `writable`; no sockets, no programs, no other processes.
// Answers what could not be set up, because the kernel does not have it: the rest holds.
std::vector<std::string> enter_sandbox(const SandboxRules& rules);

}  // namespace dray::service

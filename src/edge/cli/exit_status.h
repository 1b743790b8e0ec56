// What the command line's exit statuses mean. Every command's help prints this table.
#pragma once

#include "base/result.h"

namespace dray::cli {

enum ExitStatus {
  kDone = 0,
  kFailed = 1,       // it did not work; the message says why
  kUsage = 2,        // the command line itself is wrong
  kIncomplete = 3,   // everything else was done, but what is named on standard error was left out
  kDenied = 4,       // not signed in, or no right to it
  kNotFound = 5,     // there is no such path, user, download or file
  kUnreachable = 6,  // the server or the disk cannot be used now; trying again may help
  kCorrupt = 7,      // bytes are not what they should be
};

inline constexpr const char* kExitStatusHelp =
    "Exit status: 0 done, 1 failed, 2 wrong command line, 3 done except for what is named, 4 denied, 5 not found,\n"
    "6 unreachable or out of room, 7 bytes are not what they should be.";

inline int exit_status_of(const Error& error) {
  switch (error.code) {
    case Code::unauthenticated:
    case Code::denied:
      return kDenied;
    case Code::not_found:
    case Code::gone:
      return kNotFound;
    case Code::busy:
    case Code::unavailable:
    case Code::full:
      return kUnreachable;
    case Code::corrupt:
      return kCorrupt;
    case Code::invalid:
      return kUsage;
    default:
      return kFailed;
  }
}

}  // namespace dray::cli

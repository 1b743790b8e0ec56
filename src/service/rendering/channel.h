// Messages between the server and its workers: text with file descriptors, over a pair of sockets.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace dray::service {

struct Message {
  std::string text;  // at most kLargestMessage bytes
  std::vector<UniqueFd> files;
};

inline constexpr std::size_t kLargestMessage = 128 * 1024;
inline constexpr std::size_t kMostFiles = 2;

struct ChannelPair {
  UniqueFd ours, theirs;
};
Result<ChannelPair> make_channel();  // both are closed in other programs

// Code::gone: the other side has closed. Code::conflict: it has, and never read what was sent to it. Code::busy:
// nothing came in time (0: waits for ever).
Result<void> send_message(int socket, std::string_view text, const std::vector<int>& files);
Result<Message> receive_message(int socket, std::chrono::milliseconds patience);

}  // namespace dray::service

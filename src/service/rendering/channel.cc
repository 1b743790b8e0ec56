#include "service/rendering/channel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace dray::service {

Result<ChannelPair> make_channel() {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
    return system_error("cannot make a channel to a worker", errno);
  ChannelPair pair{UniqueFd(sockets[0]), UniqueFd(sockets[1])};
  int size = 2 * static_cast<int>(kLargestMessage);
  for (int socket : sockets) ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  return pair;
}

Result<void> send_message(int socket, std::string_view text, const std::vector<int>& files) {
  if (text.size() > kLargestMessage) return Error{Code::too_large, "the message to a worker is too long"};
  iovec vector{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFiles * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (!files.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), files.data(), files.size() * sizeof(int));
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) return Error{Code::gone, "the other side of the channel is gone"};
    return system_error("cannot send to a worker", errno);
  }
  return ok();
}

Result<Message> receive_message(int socket, std::chrono::milliseconds patience) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    int wait = -1;
    if (patience.count() > 0) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      wait = static_cast<int>(std::max<std::chrono::milliseconds::rep>(0, left.count()));
    }
    pollfd waiting{socket, POLLIN, 0};
    auto ready = ::poll(&waiting, 1, wait);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return system_error("cannot wait for a worker", errno);
    if (ready == 0) return Error{Code::busy, "nothing came in time"};
    break;
  }
  Message message;
  message.text.resize(kLargestMessage);
  iovec vector{message.text.data(), message.text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFiles * sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t count = 0;
  do {
    count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == ECONNRESET)
    return Error{Code::conflict, "the other side of the channel is gone, and what was sent is not read"};
  if (count < 0) return system_error("cannot receive from a worker", errno);
  if (count == 0) return Error{Code::gone, "the other side of the channel is gone"};
  for (auto* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    auto number = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < number; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      message.files.emplace_back(fd);
    }
  }
  if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return Error{Code::too_large, "the message was longer than allowed"};
  message.text.resize(static_cast<std::size_t>(count));
  return message;
}

}  // namespace dray::service

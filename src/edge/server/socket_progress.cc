#include "edge/server/socket_progress.h"

#include <linux/tcp.h>  // its tcp_info has more fields than that of netinet/tcp.h, and the two do not go together
#include <netinet/in.h>
#include <sys/socket.h>

namespace dray::server {

std::uint64_t acknowledged_bytes(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_acked : 0;
}

}  // namespace dray::server

// How far the other end of a connection has come.
#pragma once

#include <cstdint>

namespace dray::server {

// Bytes that the other end's kernel has acknowledged; the only sign of life of a client that reads slowly from a full
// queue.
std::uint64_t acknowledged_bytes(int socket);

}  // namespace dray::server

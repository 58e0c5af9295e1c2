// What the kernel counts of a TCP connection.
#pragma once

#include <cstdint>

namespace sio::net {

// Bytes of payload that have come so far, read or not; 0 if it is no TCP socket.
// Source: tcpi_bytes_received in tcp(7)'s TCP_INFO.
std::uint64_t bytes_received(int fd);

}  // namespace sio::net

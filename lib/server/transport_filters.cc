#include "server/transport_filters.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/log.h"

namespace sio::server {
namespace {

// How much of a packet the log shows.
constexpr std::size_t kMaxShown = 2000;

}  // namespace

void Base64Transport::send(const net::FrameRun& run) {
  for (const net::Frame& frame : run.frames) {
    if (!frame.binary) {
      inner_.send(net::FrameRun{frame.bytes(), {&frame, 1}});
      continue;
    }
    std::string text = "b";
    append_base64(text, frame.payload());
    const net::Frame encoded = frames_.text({text});
    inner_.send(net::FrameRun{encoded.bytes(), {&encoded, 1}});
  }
}

void TracingTransport::send(const net::FrameRun& run) {
  for (const net::Frame& frame : run.frames)
    trace_packet(session_, '>', frame.binary, frame.payload());
  inner_.send(run);
}

void trace_packet(std::uint64_t session, char direction, bool binary, std::string_view packet) {
  const std::string_view more = packet.size() > kMaxShown ? "…" : "";
  if (binary) {
    log(LogLevel::trace, fmt::format("#{} {} binary, {} bytes", session, direction, packet.size()));
  } else {
    log(LogLevel::trace,
        fmt::format("#{} {} {}{}", session, direction, packet.substr(0, kMaxShown), more));
  }
}

}  // namespace sio::server

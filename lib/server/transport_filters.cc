#include "server/transport_filters.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/log.h"
#include "proto/engine_packet.h"
#include "proto/mask.h"

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
    std::string text(prefix_);
    append_base64(text, frame.payload());
    const net::Frame encoded = frames_.text({text});
    inner_.send(net::FrameRun{encoded.bytes(), {&encoded, 1}});
  }
}

void Engine3Transport::send(const net::FrameRun& run) {
  if (std::ranges::none_of(run.frames, &net::Frame::binary)) return inner_.send(run);
  for (const net::Frame& frame : run.frames) {
    const net::Frame* form = frame.binary ? derived_.find(frame) : &frame;
    if (form == nullptr) {
      std::string bytes(1, proto::kEngine3BinaryMessage);
      bytes += frame.payload();
      derived_.add(frame, derived_.arena().binary(bytes));
      form = derived_.find(frame);
    }
    inner_.send(net::FrameRun{form->bytes(), {form, 1}});
  }
}

void MsgpackTransport::send(const net::FrameRun& run) {
  for (const net::Frame& frame : run.frames) take(frame);
}

void MsgpackTransport::take(const net::Frame& frame) {
  if (frame.binary) {
    if (to_skip_ > 0) {
      --to_skip_;
    } else if (const auto packet = encoder_.add_binary(frame.payload())) {
      finish(*packet);
    }
    return;
  }
  if (!frame.payload().starts_with('4'))
    return inner_.send(net::FrameRun{frame.bytes(), {&frame, 1}});
  const std::string_view message = frame.payload().substr(1);
  if (const net::Frame* known = derived_.find(frame)) {
    to_skip_ = proto::announced_attachments(message);
    return inner_.send(net::FrameRun{known->bytes(), {known, 1}});
  }
  text_ = frame;
  if (const auto packet = encoder_.add_text(message)) finish(*packet);
}

void MsgpackTransport::finish(std::string_view packet) {
  const net::Frame frame = derived_.arena().binary(packet);
  derived_.add(text_, frame);
  inner_.send(net::FrameRun{frame.bytes(), {&frame, 1}});
}

void TracingTransport::send(const net::FrameRun& run) {
  for (const net::Frame& frame : run.frames)
    trace_packet(session_, '>', frame.binary, frame.payload());
  inner_.send(run);
}

void trace_packet(std::uint64_t session, char direction, bool binary, std::string_view packet) {
  if (binary)
    return log(LogLevel::trace,
               fmt::format("#{} {} binary, {} bytes", session, direction, packet.size()));
  const proto::Speaker speaker = direction == '<' ? proto::Speaker::client : proto::Speaker::server;
  const std::string shown =
      log_enabled(LogLevel::secrets) ? std::string(packet) : proto::mask_packet(speaker, packet);
  log(LogLevel::trace, fmt::format("#{} {} {}{}", session, direction, shown.substr(0, kMaxShown),
                                   shown.size() > kMaxShown ? "…" : ""));
}

}  // namespace sio::server

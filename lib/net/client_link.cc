#include "net/client_link.h"

#include <utility>

#include <fmt/format.h>

namespace sio::net {

ClientLink::ClientLink(Loop& loop, const Endpoint& endpoint, const TlsContext* tls,
                       LinkEvents& events)
    : loop_(loop),
      endpoint_(endpoint),
      tls_(tls),
      events_(events),
      dialer_(std::make_unique<Dialer>(loop, endpoint, *this)) {}

ClientLink::~ClientLink() {
  if (stream_ == nullptr) return;
  stream_->set_events(nullptr);
  stream_->abort();
}

void ClientLink::on_dialed(UniqueFd socket) {
  auto session = tls_ != nullptr ? tls_->connect(endpoint_.host) : nullptr;
  auto stream = Stream::open(loop_, std::move(socket), std::move(session), *this);
  if (!stream) {
    events_.on_link_failed(
        {.stage = ConnectStage::tcp,
         .message = fmt::format("connect {}: {}", dialer_->where(), stream.error().message)});
    return;
  }
  stream_ = *stream;
  if (tls_ == nullptr) events_.on_linked(*std::exchange(stream_, nullptr));
}

void ClientLink::on_dial_failed(ConnectFailure failure) {
  events_.on_link_failed(std::move(failure));
}

void ClientLink::on_stream_secured() {
  events_.on_linked(*std::exchange(stream_, nullptr));
}

void ClientLink::on_stream_bytes(char*, std::size_t) {}

void ClientLink::on_stream_closed(const StreamEnd& end) {
  stream_ = nullptr;
  events_.on_link_failed(
      {.stage = ConnectStage::tls,
       .message =
           fmt::format("TLS with {}: {}", dialer_->where(),
                       end.detail.empty() ? "the server closed the connection" : end.detail)});
}

ConnectFailure ClientLink::timed_out(Duration after) const {
  return {.stage = ConnectStage::timeout,
          .message =
              fmt::format("{} {}: no answer within {}", stream_ != nullptr ? "TLS with" : "connect",
                          dialer_->where(), seconds_text(after))};
}

std::string seconds_text(Duration duration) {
  return fmt::format("{:g}s", std::chrono::duration<double>(duration).count());
}

}  // namespace sio::net

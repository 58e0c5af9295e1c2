#include "server/connection.h"

namespace sio::server {

Upgrade::Upgrade(ConnectionContext& context, Connection& connection)
    : context_(context),
      connection_(connection),
      probe_(context.loop.now()),
      timer_(context.loop, *this) {
  timer_.arm(probe_.next_deadline());
}

// A WebSocket that has not taken over is closed; the session is not touched.
Upgrade::~Upgrade() {
  if (transport_ == nullptr) return;
  transport_->set_events(context_.unwanted);
  transport_->close(0);
}

void Upgrade::on_open(net::Transport& transport) {
  transport_ = &transport;
}

void Upgrade::on_message(net::MessageKind kind, std::string_view bytes) {
  using Action = proto::UpgradeProbe::Action;
  const bool binary = kind == net::MessageKind::binary;
  switch (probe_.receive(binary, bytes, context_.loop.now())) {
    case Action::answer_probe: {
      const net::Frame frame = context_.loop.frames().text({"3probe"});
      transport_->send(net::FrameRun{frame.bytes(), {&frame, 1}});
      timer_.arm(probe_.next_deadline());
      return;
    }
    case Action::upgrade:
      return connection_.finish_upgrade(*std::exchange(transport_, nullptr));
    case Action::close:
      return connection_.drop_upgrade();
  }
}

void Upgrade::on_closed(const net::TransportClosed&) {
  transport_ = nullptr;
  connection_.drop_upgrade();
}

void Upgrade::on_timer(net::Timer&) {
  const auto due = probe_.on_deadline(context_.loop.now());
  if (due == proto::UpgradeProbe::Due::timeout) return connection_.drop_upgrade();
  if (due == proto::UpgradeProbe::Due::release_poll && connection_.polling() != nullptr)
    connection_.polling()->release_poll();
  timer_.arm(probe_.next_deadline());
}

}  // namespace sio::server

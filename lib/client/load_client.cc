#include "client/load_client.h"

#include <utility>

#include "client/diagnosis.h"
#include "proto/json_text.h"

namespace sio::client {
namespace {

bool has_sid(std::string_view payload) {
  return !payload.empty() && proto::json_kind(payload) == proto::JsonKind::object &&
         proto::object_member(payload, "sid").has_value();
}

}  // namespace

LoadClient::LoadClient(net::Loop& loop, net::Connector& connector, const LinkTarget& target,
                       const std::string& ns, std::uint32_t index, proto::PacketDecoder& decoder,
                       LoadClientEvents& events, Trace* trace)
    : link_(loop, connector, target, *this, trace),
      ns_(ns),
      target_(target),
      decoder_(decoder),
      events_(events),
      index_(index) {}

void LoadClient::connect(net::HttpHeaders headers, std::string auth, TimePoint now) {
  state_ = State::connecting;
  connect_began_ = now;
  auth_ = std::move(auth);
  link_.connect(std::move(headers));
}

void LoadClient::close() {
  if (state_ == State::down || state_ == State::closing) return;
  const bool was_joined = std::exchange(state_, State::closing) == State::joined;
  if (!link_.is_open()) {
    link_.abort();
    // An attempt that was given up says nothing more.
    if (link_.transport_name().empty()) on_link_down({});
    return;
  }
  if (was_joined) link_.send_text(proto::encode_disconnect(ns_));
  link_.close();
}

void LoadClient::drop(Outcome cause) {
  link_.drop(std::move(cause));
}

void LoadClient::on_link_open() {
  if (state_ != State::connecting) return;
  link_.send_text(proto::encode_connect(ns_, std::exchange(auth_, {})));
}

void LoadClient::on_link_text(std::string_view message) {
  if (state_ == State::closing || message.empty()) return;
  if (message[0] == '2' || message[0] == '3' || message[0] == '5' || message[0] == '6') {
    if (state_ == State::joined) events_.on_load_text(*this, message);
    return;
  }
  got_answer(message);
}

void LoadClient::got_answer(std::string_view message) {
  const auto packet = decoder_.decode(message);
  if (!packet)
    return drop({.ending = Ending::lost, .message = "parse error: " + packet.error().message});
  if (packet->ns != ns_) return;
  if (packet->type == proto::PacketType::disconnect)
    return drop({.ending = Ending::lost, .message = "the server ended the session"});
  if (state_ != State::connecting) return;
  if (packet->type == proto::PacketType::connect_error)
    return drop(
        diagnose_connect_error(target_, ns_, parse_connect_error(packet->payload).message).cause);
  if (!has_sid(packet->payload)) return drop(diagnose_version_2(target_).cause);
  state_ = State::joined;
  events_.on_load_joined(*this, packet->payload);
}

void LoadClient::on_link_down(const LinkDown& down) {
  const State was = std::exchange(state_, State::down);
  events_.on_load_down(*this, was, down);
}

}  // namespace sio::client

#include "proto/engine_server.h"

#include "proto/limits.h"

namespace sio::proto {

EngineServer::EngineServer(const HeartbeatTiming& timing, TimePoint now, EngineRevision revision)
    : timing_(timing), deadline_(now + timing.ping_interval), revision_(revision) {
  if (revision == EngineRevision::v3) await_ping(now);
}

void EngineServer::on_activity(TimePoint now) {
  if (!waits_for_pong_ || extended_) return;
  extended_ = true;
  deadline_ = now + timing_.ping_timeout;
}

EngineServer::Received EngineServer::on_pong(TimePoint now) {
  waits_for_pong_ = false;
  deadline_ = now + timing_.ping_interval;
  return {};
}

EngineServer::Received EngineServer::receive_text(std::string_view text, std::string& storage,
                                                  TimePoint now) {
  if (!text.empty() && text.front() == '4') {  // nearly always
    on_activity(now);
    return {Action::message, false, text.substr(1)};
  }
  const bool is_v3 = revision_ == EngineRevision::v3;
  const Result<EnginePacket> packet =
      is_v3 ? decode_engine3_text(text, storage) : decode_engine_text(text, storage);
  if (!packet) return {Action::parse_error};
  return is_v3 ? on_packet3(*packet, now) : on_packet(*packet, now);
}

EngineServer::Received EngineServer::on_packet(const EnginePacket& packet, TimePoint now) {
  if (packet.type == EngineType::pong) return on_pong(now);
  on_activity(now);
  switch (packet.type) {
    case EngineType::message:
      return {Action::message, packet.binary, packet.data};
    case EngineType::close:
      return {Action::closed_by_peer};
    case EngineType::ping:
      return {Action::transport_error};
    default:
      return {};
  }
}

EngineServer::Received EngineServer::on_packet3(const EnginePacket& packet, TimePoint now) {
  switch (packet.type) {
    case EngineType::message:
      return {Action::message, packet.binary, packet.data};
    case EngineType::close:
      return {Action::closed_by_peer};
    case EngineType::ping:
      await_ping(now);
      return {Action::answer_ping};
    case EngineType::pong:
      return {Action::transport_error};
    default:
      return {};
  }
}

EngineServer::Received EngineServer::receive_binary(std::string_view bytes, TimePoint now) {
  if (revision_ == EngineRevision::v3) {
    const Result<EnginePacket> packet = decode_engine3_binary(bytes);
    return packet ? on_packet3(*packet, now) : Received{Action::parse_error};
  }
  on_activity(now);
  return {Action::message, true, bytes};
}

EngineServer::Due EngineServer::on_deadline(TimePoint now) {
  if (now < deadline_) return Due::nothing;
  if (waits_for_pong_ || revision_ == EngineRevision::v3) {
    deadline_ = kNever;
    return Due::ping_timeout;
  }
  waits_for_pong_ = true;
  extended_ = false;
  deadline_ = now + timing_.ping_timeout;
  return Due::send_ping;
}

void EngineServer::excuse(TimePoint now) {
  if (waits_for_pong_) deadline_ = now + timing_.ping_timeout;
  if (revision_ == EngineRevision::v3) await_ping(now);
}

UpgradeProbe::UpgradeProbe(TimePoint now) : timeout_(now + kUpgradeTimeout) {}

UpgradeProbe::Action UpgradeProbe::receive(bool binary, std::string_view bytes, TimePoint now) {
  if (binary) return Action::close;
  if (bytes == "2probe") {
    if (next_release_ == kNever) next_release_ = now + kUpgradeNoopInterval;
    return Action::answer_probe;
  }
  return bytes == "5" ? Action::upgrade : Action::close;
}

UpgradeProbe::Due UpgradeProbe::on_deadline(TimePoint now) {
  if (now >= timeout_) return Due::timeout;
  if (now < next_release_) return Due::nothing;
  next_release_ = now + kUpgradeNoopInterval;
  return Due::release_poll;
}

}  // namespace sio::proto

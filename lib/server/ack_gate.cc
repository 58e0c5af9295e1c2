#include "server/ack_gate.h"

#include <algorithm>

namespace sio::server {

std::optional<PendingAck> AckGate::next_durable(store::Seq durable) {
  if (waiting_.empty() || waiting_.front().seq > durable) return {};
  const PendingAck ack = waiting_.front();
  waiting_.pop_front();
  return ack;
}

std::optional<PendingAck> AckGate::next_lost(store::Seq durable) {
  const auto it = std::ranges::find_if(
      waiting_, [durable](const PendingAck& ack) { return ack.seq > durable; });
  if (it == waiting_.end()) return {};
  const PendingAck ack = *it;
  waiting_.erase(it);
  return ack;
}

}  // namespace sio::server

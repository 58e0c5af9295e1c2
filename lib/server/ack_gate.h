// Holds a publisher's ack until its record is durable.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/result.h"
#include "server/socket.h"
#include "store/store.h"

namespace sio::server {

// An ack that a publisher waits for.
struct PendingAck {
  SocketRef socket;
  std::uint64_t ack_id = 0;
  store::Seq seq = 0;
};

// In the order of their records. Loop thread only.
class AckGate {
 public:
  void add(const PendingAck& ack) { waiting_.push_back(ack); }

  // The oldest ack whose record is at or before `durable`, taken out.
  std::optional<PendingAck> next_durable(store::Seq durable);
  // The oldest ack whose record is after `durable`, taken out: for when those are lost.
  std::optional<PendingAck> next_lost(store::Seq durable);

  std::size_t size() const { return waiting_.size(); }

 private:
  std::deque<PendingAck> waiting_;
};

}  // namespace sio::server

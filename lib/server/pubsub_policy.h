// What `sio serve` does by default: rooms, publishing, relaying and answering.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/hub.h"
#include "server/policy.h"

namespace sio::server {

// Where a plain client event goes.
enum class Relay : std::uint8_t {
  all,    // to everybody else in the namespace
  rooms,  // to those who share a room with the sender
  none,   // nowhere
};

// The events it understands, all with an optional ack; anything else is a plain event:
//
//   join, leave   a room or an array of rooms           → {"rooms":[…]} with the same rooms
//   sio:emit      an EmitRequest (proto/sio_extension.h) → a receipt
//   plain events  go where Relay says                    → the answer of a responder, or a receipt
//
// An ack that says no is a refusal. Loop thread only.
class PubSubPolicy final : public Policy {
 public:
  struct Options {
    Relay relay = Relay::all;
    std::string join_event = "join";
  };

  explicit PubSubPolicy(Options options) : options_(std::move(options)) {}
  // The hub needs the policy's server first. Call once, before any client connects.
  void set_hub(Hub& hub) { hub_ = &hub; }

  std::string_view relay() const override;
  Admission on_connect_request(const ConnectRequest&) override { return Admission::accept(); }
  void on_request_withdrawn(std::string_view) override {}
  void on_connected(Socket&) override {}
  void on_event(Socket& socket, const proto::PacketView& packet,
                const std::vector<std::string>* attachments) override;
  void on_ack(Socket& socket, const proto::PacketView& packet,
              const std::vector<std::string>* attachments) override;
  void on_disconnecting(Socket&, std::string_view) override {}

 private:
  void change_rooms(Socket& socket, const proto::PacketView& packet, bool join);
  void emit(Socket& socket, const proto::PacketView& packet,
            const std::vector<std::string>* attachments);
  void relay_event(Socket& socket, const proto::PacketView& packet,
                   const std::vector<std::string>* attachments);
  void refuse(Socket& socket, const proto::PacketView& packet, std::string_view code,
              std::string_view message);

  Options options_;
  Hub* hub_ = nullptr;
};

}  // namespace sio::server

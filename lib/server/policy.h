// The seam between the machinery and what a server is for: who may connect, and what an event does.
//
// Implementations: PubSubPolicy (join, leave, publish, relay) and AppPolicy (a child process
// decides). Loop thread only. A socket passed in is valid during the call; keep its sid or ref.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"
#include "proto/packet.h"
#include "server/access.h"
#include "server/handshake.h"
#include "server/socket.h"

namespace sio::server {

// A client's wish to join a namespace.
struct ConnectRequest {
  std::string_view sid;  // what the socket will be called
  std::string_view ns;
  std::string_view auth;  // a JSON object, or empty
  const Handshake* handshake =
      nullptr;  // as much as the policy needs; lives as long as the request
};

struct Admission {
  enum class Verdict : std::uint8_t { accept, refuse, later };
  Verdict verdict = Verdict::accept;
  std::string message;                       // refused: the CONNECT_ERROR's text
  std::string data;                          // refused: its data as JSON, or empty
  std::unique_ptr<Access> access = nullptr;  // not refused: what it may do; null: everything

  static Admission accept() { return {}; }
  static Admission refuse(std::string message, std::string data = {}) {
    return {Verdict::refuse, std::move(message), std::move(data), nullptr};
  }
  // Server::decide() follows; with `access`, this one counts unless that brings one of its own.
  static Admission later() { return {Verdict::later, {}, {}, nullptr}; }
};

class Policy {
 public:
  virtual ~Policy() = default;

  // What sessions should remember of their Handshake.
  virtual HandshakeNeed handshake_need() const { return HandshakeNeed::nothing; }
  // Whether this server is one of ours to clients that ask (proto/sio_extension.h).
  virtual bool speaks_extension() const { return true; }
  // "all", "rooms" or "none": what the welcome says of plain events.
  virtual std::string_view relay() const { return "none"; }

  virtual Admission on_connect_request(const ConnectRequest& request) = 0;
  // The request was withdrawn before a verdict: the client went away.
  virtual void on_request_withdrawn(std::string_view sid) = 0;
  // It is in, and knows it.
  virtual void on_connected(Socket& socket) = 0;
  // `attachments` null: none.
  virtual void on_event(Socket& socket, const proto::PacketView& packet,
                        const std::vector<std::string>* attachments) = 0;
  virtual void on_ack(Socket& socket, const proto::PacketView& packet,
                      const std::vector<std::string>* attachments) = 0;
  // It is about to leave, rooms still in place. `reason` is the official server's word.
  virtual void on_disconnecting(Socket& socket, std::string_view reason) = 0;
};

}  // namespace sio::server

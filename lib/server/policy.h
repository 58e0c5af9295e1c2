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
#include "server/socket.h"

namespace sio::server {

// What the HTTP request that opened a session said.
struct Handshake {
  net::HttpHeaders headers;
  std::vector<std::pair<std::string, std::string>> query;
  std::string url;
  std::string address;  // of the peer; "" on a unix socket
  std::int64_t issued_ms = 0;
  bool secure = false;
  bool cross_domain = false;  // an Origin header was there
};

// A client's wish to join a namespace.
struct ConnectRequest {
  std::string_view sid;  // what the socket will be called
  std::string_view ns;
  std::string_view auth;                 // a JSON object, or empty
  const Handshake* handshake = nullptr;  // null unless the policy wants it
};

struct Admission {
  enum class Verdict : std::uint8_t { accept, refuse, later };
  Verdict verdict = Verdict::accept;
  std::string message;  // refused: the CONNECT_ERROR's text
  std::string data;     // refused: its data as JSON, or empty

  static Admission accept() { return {}; }
  static Admission refuse(std::string message, std::string data = {}) {
    return {Verdict::refuse, std::move(message), std::move(data)};
  }
  // Server::decide() follows.
  static Admission later() { return {Verdict::later, {}, {}}; }
};

class Policy {
 public:
  virtual ~Policy() = default;

  // Whether sessions should remember their Handshake.
  virtual bool wants_handshake() const { return false; }
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

// A policy behind a door: clients are asked who they are before the policy within hears of them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/authenticator.h"
#include "server/hub.h"
#include "server/policy.h"
#include "server/server.h"

namespace sio::server {

// Loop thread only. What a socket may do stands in Socket::access; PubSubPolicy and Connection keep
// to it. To a policy that has rules of its own (an application) only those events get through
// whose sender may write.
class AuthPolicy final : public Policy {
 public:
  // Both outlive it.
  AuthPolicy(Policy& within, Authenticator& authenticator);
  ~AuthPolicy() override;

  // The server needs its policy first. Call once, before any client connects.
  void set_server(Server& server) { server_ = &server; }

  // The authenticator knows something new: connections with a socket that would not be given what
  // it has are closed, so that their clients come back and are asked again. Returns how many.
  std::size_t grants_have_changed();

  HandshakeNeed handshake_need() const override;
  bool speaks_extension() const override { return within_.speaks_extension(); }
  std::string_view relay() const override { return within_.relay(); }
  Admission on_connect_request(const ConnectRequest& request) override;
  void on_request_withdrawn(std::string_view sid) override;
  void on_connected(Socket& socket) override { within_.on_connected(socket); }
  void on_event(Socket& socket, const proto::PacketView& packet,
                const std::vector<std::string>* attachments) override;
  void on_ack(Socket& socket, const proto::PacketView& packet,
              const std::vector<std::string>* attachments) override {
    within_.on_ack(socket, packet, attachments);
  }
  void on_disconnecting(Socket& socket, std::string_view reason) override {
    within_.on_disconnecting(socket, reason);
  }

 private:
  class Asking;

  Admission admit(const ConnectRequest& request, AuthVerdict verdict);
  void settled(Asking& asking, AuthVerdict verdict);

  Policy& within_;
  Authenticator& authenticator_;
  Server* server_ = nullptr;
  std::map<std::string, std::unique_ptr<Asking>, std::less<>> asking_;  // by the sockets' sids
};

}  // namespace sio::server

// The rules of the namespace /admin: whoever is let in is shown what happens, and may ask for what
// admin_command.h says.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/admin_authenticator.h"
#include "server/admin_command.h"
#include "server/admin_watch.h"
#include "server/policy.h"

namespace sio::server {

// Loop thread only. A command is for the watched server, and what it says of the namespace /admin
// for those who look on as well. What makes no sense, or what one may not do, is refused to whoever
// wants an answer, and changes nothing.
class AdminPolicy final : public Policy {
 public:
  // All outlive it. `authenticator` null: everybody is let in, and may do everything.
  AdminPolicy(Server& watched, AdminWatch& watch, AdminAuthenticator* authenticator);
  // The server needs its policy first. Call once, before any client connects.
  void set_own(Server& own) { own_ = &own; }

  HandshakeNeed handshake_need() const override { return HandshakeNeed::everything; }
  bool speaks_extension() const override { return false; }
  Admission on_connect_request(const ConnectRequest& request) override;
  void on_request_withdrawn(std::string_view) override {}
  void on_connected(Socket& socket) override;
  void on_event(Socket& socket, const proto::PacketView& packet,
                const std::vector<std::string>* attachments) override;
  void on_ack(Socket&, const proto::PacketView&, const std::vector<std::string>*) override {}
  void on_disconnecting(Socket& socket, std::string_view reason) override;

 private:
  std::size_t apply(const AdminCommand& command, const std::vector<std::string>* attachments);
  std::size_t apply(Hub& hub, const AdminCommand& command);
  void emit(const AdminCommand& command, const std::vector<std::string>* attachments);

  Server& watched_;
  AdminWatch& watch_;
  AdminAuthenticator* authenticator_;
  Server* own_ = nullptr;
  std::string logging_in_;  // the sid of who has just shown what the form asks for
};

}  // namespace sio::server

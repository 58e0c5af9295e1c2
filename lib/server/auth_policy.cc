#include "server/auth_policy.h"

#include <algorithm>
#include <utility>

#include "proto/sio_extension.h"

namespace sio::server {

// A CONNECT that waits for the authenticator.
class AuthPolicy::Asking final : public AuthWaiter {
 public:
  Asking(AuthPolicy& owner, const ConnectRequest& request)
      : owner_(owner),
        sid_(request.sid),
        ns_(request.ns),
        auth_(request.auth),
        handshake_(request.handshake) {}

  void on_verdict(AuthVerdict verdict) override { owner_.settled(*this, std::move(verdict)); }
  ConnectRequest request() const {
    return {.sid = sid_, .ns = ns_, .auth = auth_, .handshake = handshake_};
  }

 private:
  AuthPolicy& owner_;
  std::string sid_;
  std::string ns_;
  std::string auth_;
  const Handshake* handshake_;
};

AuthPolicy::AuthPolicy(Policy& within, Authenticator& authenticator)
    : within_(within), authenticator_(authenticator) {}

AuthPolicy::~AuthPolicy() {
  for (const auto& [sid, asking] : asking_) authenticator_.withdraw(*asking);
}

HandshakeNeed AuthPolicy::handshake_need() const {
  return std::max(within_.handshake_need(), authenticator_.handshake_need());
}

Admission AuthPolicy::on_connect_request(const ConnectRequest& request) {
  auto asking = std::make_unique<Asking>(*this, request);
  auto verdict = authenticator_.check(
      {.ns = request.ns, .auth = request.auth, .handshake = request.handshake}, *asking);
  if (verdict) return admit(request, std::move(*verdict));
  asking_.emplace(request.sid, std::move(asking));
  return Admission::later();
}

void AuthPolicy::settled(Asking& asking, AuthVerdict verdict) {
  const auto it = asking_.find(asking.request().sid);
  const std::unique_ptr<Asking> settled = std::move(it->second);
  asking_.erase(it);
  const ConnectRequest request = settled->request();
  server_->decide(request.sid, admit(request, std::move(verdict)));
}

// Asks the policy within about somebody who may come in.
Admission AuthPolicy::admit(const ConnectRequest& request, AuthVerdict verdict) {
  if (verdict.access == nullptr)
    return Admission::refuse(std::move(verdict.message), std::move(verdict.data));
  Admission admission = within_.on_connect_request(request);
  admission.access = std::move(verdict.access);
  return admission;
}

void AuthPolicy::on_request_withdrawn(std::string_view sid) {
  if (const auto it = asking_.find(sid); it != asking_.end()) {
    authenticator_.withdraw(*it->second);
    asking_.erase(it);
    return;
  }
  within_.on_request_withdrawn(sid);
}

void AuthPolicy::on_event(Socket& socket, const proto::PacketView& packet,
                          const std::vector<std::string>* attachments) {
  const bool has_rules = !within_.speaks_extension();
  if (!has_rules || socket.access == nullptr || socket.access->writes())
    return within_.on_event(socket, packet, attachments);
  if (packet.ack_id)
    server_->hub().send_ack(socket, *packet.ack_id,
                            proto::encode_refusal("forbidden", "this token may not publish here"));
}

std::size_t AuthPolicy::grants_have_changed() {
  std::vector<Link*> links;
  server_->hub().for_each_socket([&](Socket& socket) {
    if (socket.access == nullptr || authenticator_.still_grants(socket.ns.name, *socket.access))
      return;
    if (std::ranges::find(links, &socket.link) == links.end()) links.push_back(&socket.link);
  });
  for (Link* link : links) link->kick("its token has changed");
  return links.size();
}

}  // namespace sio::server

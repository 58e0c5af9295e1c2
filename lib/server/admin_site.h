// What `serve --admin` has beside its reports: the namespace /admin for @socket.io/admin-ui.
//
// It is a Socket.IO server of its own, with that one namespace, that watches the other one. Loop
// thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "net/http.h"
#include "net/loop.h"
#include "server/admin_authenticator.h"
#include "server/admin_policy.h"
#include "server/admin_watch.h"
#include "server/auth_policy.h"
#include "server/options.h"
#include "server/server.h"

namespace sio::server {

// A page of another origin gets nothing from it unless --cors names the origin: a browser would
// connect it without asking. Where nobody is asked who he is, a page must come from an address that
// is a number or `localhost`: any other name may be somebody else's that leads here.
class AdminSite final : public net::HttpHandler {
 public:
  static constexpr std::size_t kMostSessions = 64;

  // All outlive it. `authenticator` null: everybody who gets here may do everything.
  AdminSite(net::Loop& loop, Server& watched, Authenticator* authenticator);
  ~AdminSite() override;

  // Whether a request's target is for this handler.
  bool serves(std::string_view target) const;
  void on_request(net::HttpExchange& exchange) override;
  net::UpgradeAnswer on_upgrade(const net::HttpRequest& request) override;

  // See AuthPolicy::grants_have_changed().
  std::size_t grants_have_changed();
  void shut_down() { own_->shut_down(); }

  std::size_t admins() const { return watch_.admins(); }
  std::uint64_t events_left_out() const { return watch_.events_left_out(); }

 private:
  bool may_ask(const net::HttpRequest& request) const;

  ServerOptions options_;
  AdminWatch watch_;
  std::unique_ptr<AdminAuthenticator> authenticator_;  // null: nobody is asked
  AdminPolicy policy_;
  std::unique_ptr<AuthPolicy> guarded_;  // around policy_, with authenticator_
  std::unique_ptr<Server> own_;
};

}  // namespace sio::server

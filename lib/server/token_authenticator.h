// Admits who has one of the tokens of a file.
#pragma once

#include "server/authenticator.h"
#include "server/token_file.h"

namespace sio::server {

// Loop thread only.
class TokenAuthenticator final : public Authenticator {
 public:
  explicit TokenAuthenticator(TokenFile tokens) : tokens_(std::move(tokens)) {}
  // From now on these; see AuthPolicy::grants_have_changed().
  void set_tokens(TokenFile tokens) { tokens_ = std::move(tokens); }

  HandshakeNeed handshake_need() const override { return HandshakeNeed::credentials; }
  std::optional<AuthVerdict> check(const Claim& claim, AuthWaiter& waiter) override;
  void withdraw(AuthWaiter&) override {}
  bool still_grants(std::string_view ns, const Access& access) const override;

 private:
  TokenFile tokens_;
};

}  // namespace sio::server

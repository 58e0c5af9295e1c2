// The seam to whoever knows which clients to admit, and to what.
//
// Implementations: TokenAuthenticator (a file of tokens) and CommandAuthenticator (a command that
// is asked). Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/access.h"
#include "server/handshake.h"

namespace sio::server {

// Who asks, and for what. Views are used during the call only.
struct Claim {
  std::string_view ns;
  std::string_view auth;                 // the CONNECT payload: a JSON object, or empty
  const Handshake* handshake = nullptr;  // as much of it as handshake_need() asked for; may be null
};

struct AuthVerdict {
  std::unique_ptr<Access> access;  // null: refused
  std::string message;             // refused: what the client is told
  std::string data;                // and a JSON value with it, or empty

  static AuthVerdict refuse(std::string message, std::string data = {}) {
    return {nullptr, std::move(message), std::move(data)};
  }
};

// Who waits for a verdict. Lives until it has come, or was withdrawn.
class AuthWaiter {
 public:
  virtual ~AuthWaiter() = default;
  virtual void on_verdict(AuthVerdict verdict) = 0;
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;

  virtual HandshakeNeed handshake_need() const = 0;
  // The verdict; or nothing, and then waiter.on_verdict() follows in a later turn, in bounded time.
  virtual std::optional<AuthVerdict> check(const Claim& claim, AuthWaiter& waiter) = 0;
  // The waiter goes: no on_verdict() follows.
  virtual void withdraw(AuthWaiter& waiter) = 0;
  // Whether somebody who was given `access` to `ns` would be given the same now.
  virtual bool still_grants(std::string_view ns, const Access& access) const = 0;
};

// The token of a claim: the member `token` of the CONNECT payload, else of `Authorization: Bearer`.
// Nothing: there is none.
std::optional<std::string> token_of(const Claim& claim);

}  // namespace sio::server

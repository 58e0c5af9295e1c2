// Who may look on: the server's authenticator, asked in the words of the admin UI.
//
// Its form's password is the token, as is a `token` in the CONNECT payload or an Authorization
// header; the namespace is /admin. Who may read all of it may look on, and who may write all of it
// as well may change things. Who has logged in with the form gets a session id to show when the
// page is loaded again; it is good for a day, as long as the token is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "server/authenticator.h"

namespace sio::server {

inline constexpr std::string_view kAdminNamespace = "/admin";

// The ids that were given out, as fingerprints, and what they are good for. Loop thread only.
class AdminSessions {
 public:
  static constexpr std::size_t kMost = 256;  // the oldest goes
  static constexpr std::int64_t kLifetime_ms = 24 * 3600 * 1000;

  // A new id: 16 hexadecimal digits.
  std::string begin(const Access& access, std::int64_t now_ms);
  // Null: there is no such session, or it is over. Valid until the next call of begin().
  const Access* find(std::string_view id, std::int64_t now_ms) const;

 private:
  struct Session {
    Digest id{};
    Access access;
    std::int64_t ends_ms = 0;
  };
  std::deque<Session> sessions_;  // in the order of their ends
};

// Loop thread only.
class AdminAuthenticator final : public Authenticator {
 public:
  // Both outlive it.
  AdminAuthenticator(Authenticator& asked, const Clock& clock);
  ~AdminAuthenticator() override;

  HandshakeNeed handshake_need() const override { return asked_.handshake_need(); }
  std::optional<AuthVerdict> check(const Claim& claim, AuthWaiter& waiter) override;
  void withdraw(AuthWaiter& waiter) override;
  bool still_grants(std::string_view ns, const Access& access) const override {
    return asked_.still_grants(ns, access);
  }

  // Whether a CONNECT payload holds a filled-in form, and no session that is good.
  bool is_login(std::string_view auth) const;
  std::string begin_session(const Access& access);

 private:
  class Asking;

  const Access* session_of(std::string_view auth) const;
  void settled(Asking& asking, AuthVerdict verdict);

  Authenticator& asked_;
  const Clock& clock_;
  AdminSessions sessions_;
  std::map<AuthWaiter*, std::unique_ptr<Asking>> asking_;
};

}  // namespace sio::server

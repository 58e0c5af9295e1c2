#include "server/admin_authenticator.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/random_id.h"
#include "proto/json_text.h"

namespace sio::server {
namespace {

// The words that make the UI show its form again.
constexpr std::string_view kRefusal = "invalid credentials";

// The literal of a member that is a string; empty if there is none, or nothing in it.
std::string_view text_literal(std::string_view auth, std::string_view key) {
  if (auth.empty()) return {};
  const auto value = proto::object_member(auth, key);
  if (!value || proto::json_kind(*value) != proto::JsonKind::string) return {};
  return *value == "\"\"" ? std::string_view() : *value;
}

// A payload whose token is where authenticators look for it.
std::string with_token(std::string_view auth) {
  const std::string_view password = text_literal(auth, "password");
  if (password.empty() || !text_literal(auth, "token").empty()) return std::string(auth);
  const std::string_view username = text_literal(auth, "username");
  return fmt::format(R"({{"username":{},"token":{}}})", username.empty() ? "\"\"" : username,
                     password);
}

AuthVerdict judge(AuthVerdict verdict) {
  const bool may_look = verdict.access != nullptr && verdict.access->reads_all();
  return may_look ? std::move(verdict) : AuthVerdict::refuse(std::string(kRefusal));
}

}  // namespace

std::string AdminSessions::begin(const Access& access, std::int64_t now_ms) {
  std::array<std::uint8_t, 8> bytes;
  random_bytes(bytes.data(), bytes.size());
  std::string id;
  for (const std::uint8_t byte : bytes) id += fmt::format("{:02x}", byte);
  if (sessions_.size() >= kMost) sessions_.pop_front();
  sessions_.push_back({digest_of(id), access, now_ms + kLifetime_ms});
  return id;
}

const Access* AdminSessions::find(std::string_view id, std::int64_t now_ms) const {
  const Digest digest = digest_of(id);
  const auto it = std::ranges::find_if(sessions_, [&](const Session& session) {
    return now_ms < session.ends_ms && equal_in_constant_time(session.id, digest);
  });
  return it == sessions_.end() ? nullptr : &it->access;
}

// Stands between the one who waits and the authenticator, and puts its verdict into the UI's words.
class AdminAuthenticator::Asking final : public AuthWaiter {
 public:
  Asking(AdminAuthenticator& owner, AuthWaiter& waiter) : owner_(owner), waiter_(waiter) {}
  void on_verdict(AuthVerdict verdict) override { owner_.settled(*this, std::move(verdict)); }
  AuthWaiter& waiter() const { return waiter_; }

 private:
  AdminAuthenticator& owner_;
  AuthWaiter& waiter_;
};

AdminAuthenticator::AdminAuthenticator(Authenticator& asked, const Clock& clock)
    : asked_(asked), clock_(clock) {}

AdminAuthenticator::~AdminAuthenticator() {
  for (const auto& [waiter, asking] : asking_) asked_.withdraw(*asking);
}

const Access* AdminAuthenticator::session_of(std::string_view auth) const {
  const std::string_view literal = text_literal(auth, "sessionId");
  if (literal.empty()) return nullptr;
  const Access* access = sessions_.find(proto::json_unescape(literal), clock_.wall_ms());
  const bool is_good = access != nullptr && asked_.still_grants(kAdminNamespace, *access);
  return is_good ? access : nullptr;
}

bool AdminAuthenticator::is_login(std::string_view auth) const {
  return !text_literal(auth, "password").empty() && session_of(auth) == nullptr;
}

std::string AdminAuthenticator::begin_session(const Access& access) {
  return sessions_.begin(access, clock_.wall_ms());
}

std::optional<AuthVerdict> AdminAuthenticator::check(const Claim& claim, AuthWaiter& waiter) {
  if (const Access* access = session_of(claim.auth); access != nullptr)
    return AuthVerdict{std::make_unique<Access>(*access), {}, {}};
  auto asking = std::make_unique<Asking>(*this, waiter);
  const std::string auth = with_token(claim.auth);
  auto verdict =
      asked_.check({.ns = claim.ns, .auth = auth, .handshake = claim.handshake}, *asking);
  if (verdict) return judge(std::move(*verdict));
  asking_.emplace(&waiter, std::move(asking));
  return std::nullopt;
}

void AdminAuthenticator::settled(Asking& asking, AuthVerdict verdict) {
  const auto it = asking_.find(&asking.waiter());
  const std::unique_ptr<Asking> settled = std::move(it->second);
  asking_.erase(it);
  settled->waiter().on_verdict(judge(std::move(verdict)));
}

void AdminAuthenticator::withdraw(AuthWaiter& waiter) {
  const auto it = asking_.find(&waiter);
  if (it == asking_.end()) return;
  asked_.withdraw(*it->second);
  asking_.erase(it);
}

}  // namespace sio::server

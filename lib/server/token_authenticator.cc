#include "server/token_authenticator.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/json_text.h"

namespace sio::server {
namespace {

constexpr std::string_view kScheme = "bearer ";

std::optional<std::string> bearer_of(std::string_view authorization) {
  const auto is_same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  if (authorization.size() <= kScheme.size() ||
      !std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                  [&](char wanted, char c) { return is_same(c, wanted); }))
    return std::nullopt;
  authorization.remove_prefix(kScheme.size());
  const std::size_t begin = authorization.find_first_not_of(' ');
  if (begin == std::string_view::npos) return std::nullopt;
  return std::string(authorization.substr(begin));
}

}  // namespace

std::optional<std::string> token_of(const Claim& claim) {
  if (!claim.auth.empty()) {
    const auto token = proto::object_member(claim.auth, "token");
    if (token && proto::json_kind(*token) == proto::JsonKind::string)
      return proto::json_unescape(*token);
  }
  if (claim.handshake == nullptr) return std::nullopt;
  for (const auto& [name, value] : claim.handshake->headers)
    if (name == "authorization") return bearer_of(value);
  return std::nullopt;
}

std::optional<AuthVerdict> TokenAuthenticator::check(const Claim& claim, AuthWaiter&) {
  const auto token = token_of(claim);
  if (!token)
    return AuthVerdict::refuse(
        "a token is needed: auth {\"token\":…}, or a header Authorization: Bearer …");
  const Digest digest = digest_of(*token);
  const std::span<const Grant> grants = tokens_.grants_of(digest);
  if (grants.empty()) return AuthVerdict::refuse("unknown token");
  auto access = Access::in(claim.ns, grants);
  if (access == nullptr)
    return AuthVerdict::refuse(fmt::format("this token is not for namespace {}", claim.ns));
  access->owner = digest;
  return AuthVerdict{std::move(access), {}, {}};
}

bool TokenAuthenticator::still_grants(std::string_view ns, const Access& access) const {
  const auto now = Access::in(ns, tokens_.grants_of(access.owner));
  if (now == nullptr) return false;
  now->owner = access.owner;
  return *now == access;
}

}  // namespace sio::server

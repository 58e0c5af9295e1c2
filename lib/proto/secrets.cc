#include "proto/secrets.h"

#include <algorithm>
#include <array>

namespace sio::proto {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::array<std::string_view, 9> kSecretWords = {
    "auth", "cookie", "token", "secret", "key", "passw", "pwd", "jwt", "signature"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string mask_query(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const std::size_t length = std::min(query.find('&'), query.size());
    const std::string_view argument = query.substr(0, length);
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const bool hidden = equals != std::string_view::npos && is_secret_name(name);
    out.append(hidden ? argument.substr(0, equals + 1) : argument);
    if (hidden) out += kMask;
    query.remove_prefix(length);
    if (query.empty()) break;
    out += '&';
    query.remove_prefix(1);
  }
  return out;
}

// user:password@ in front of the host.
std::string mask_user(std::string_view address) {
  const std::size_t mark = address.find("://");
  if (mark == std::string_view::npos) return std::string(address);
  const std::string_view behind = address.substr(mark + 3);
  const std::size_t at = behind.substr(0, behind.find('/')).rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  return std::string(address.substr(0, mark + 3)) + std::string(kMask) +
         std::string(behind.substr(at));
}

}  // namespace

bool is_secret_name(std::string_view name) {
  const std::string word = lower(name);
  if (word.starts_with("sec-websocket-") || word == "www-authenticate") return false;
  return std::ranges::any_of(
      kSecretWords, [&](std::string_view part) { return word.find(part) != std::string::npos; });
}

std::string mask_url(std::string_view url) {
  const std::size_t question = std::min(url.find('?'), url.size());
  std::string out = mask_user(url.substr(0, question));
  if (question == url.size()) return out;
  return out + '?' + mask_query(url.substr(question + 1));
}

std::string mask_header(std::string_view name, std::string_view value) {
  if (!is_secret_name(name)) return std::string(value);
  const std::size_t blank = value.find(' ');
  const bool has_scheme = lower(name).ends_with("authorization") && blank < value.size();
  return (has_scheme ? std::string(value.substr(0, blank + 1)) : std::string()) +
         std::string(kMask);
}

}  // namespace sio::proto

#include "net/address.h"

#include <arpa/inet.h>

#include <charconv>

#include <fmt/format.h>

namespace sio::net {
namespace {

// sun_path holds 108 bytes, its NUL included.
constexpr std::size_t kMaxUnixPath = 107;

tl::unexpected<Error> bad_address(std::string_view text, std::string_view why) {
  return fail(Errc::usage, fmt::format("listen address '{}': {}", text, why));
}

Result<std::uint16_t> parse_port(std::string_view text, std::string_view digits) {
  std::uint16_t port = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc() || rest != end || digits.empty())
    return bad_address(text, fmt::format("'{}' is not a port (0 to 65535)", digits));
  return port;
}

Result<int> parse_mode(std::string_view text, std::string_view digits) {
  int mode = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, mode, 8);
  if (error != std::errc() || rest != end || mode <= 0 || mode > 0777)
    return bad_address(text, fmt::format("'{}' is not a mode (octal, as 660)", digits));
  return mode;
}

Result<ListenAddress> parse_unix(std::string_view text, std::string_view rest) {
  ListenAddress address;
  address.host.clear();
  const std::size_t comma = rest.find(",mode=");
  if (comma != std::string_view::npos) {
    SIO_TRY(address.unix_mode, parse_mode(text, rest.substr(comma + 6)));
    rest = rest.substr(0, comma);
  }
  if (rest.empty() || rest == "@") return bad_address(text, "no path");
  if (rest.size() > kMaxUnixPath)
    return bad_address(text, fmt::format("a socket's path has at most {} bytes", kMaxUnixPath));
  address.unix_path = rest;
  return address;
}

// Splits "HOST" from ":PORT"; a v6 address with a port is in brackets.
Result<std::pair<std::string_view, std::string_view>> split(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos) return bad_address(text, "expected [V6ADDRESS]:PORT");
    return std::pair(text.substr(1, close - 1), text.substr(close + 2));
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::pair(std::string_view(), text);
  if (text.find(':', colon + 1) != std::string_view::npos)
    return bad_address(text, "write a v6 address as [ADDRESS]:PORT");
  return std::pair(text.substr(0, colon), text.substr(colon + 1));
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  if (text.starts_with("unix:")) return parse_unix(text, text.substr(5));
  if (text.find('/') != std::string_view::npos)
    return bad_address(text, "expected PORT, HOST:PORT or unix:PATH");
  SIO_TRY(const auto parts, split(text));
  ListenAddress address;
  if (!parts.first.empty()) address.host = parts.first;
  if (text.starts_with(':') || text.starts_with("[]"))
    return bad_address(text, "no host; a port alone means 127.0.0.1");
  SIO_TRY(address.port, parse_port(text, parts.second));
  return address;
}

bool is_loopback(const ListenAddress& address) {
  if (!address.unix_path.empty()) return true;
  in_addr v4{};
  if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return address.host == "localhost" || address.host == "::1";
}

}  // namespace sio::net

#include "cli/proxy_choice.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <span>

#include "base/percent.h"

namespace sio::cli {
namespace {

constexpr std::uint16_t kUsualPort = 1080;
constexpr std::size_t kMaxHost = 255;
constexpr std::size_t kMaxLogin = 255;  // SOCKS has one byte for the length

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// One address of a proxy being taken apart.
class Parser {
 public:
  Parser(std::string_view text, std::string source) : text_(text) {
    proxy_.source = std::move(source);
  }

  Result<net::Proxy> parse() {
    std::string_view rest = text_;
    if (std::ranges::any_of(rest, [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
      return refuse("white space or a control character");
    if (const std::size_t mark = rest.find("://"); mark != std::string_view::npos) {
      SIO_TRY_STATUS(scheme(lower(rest.substr(0, mark))));
      rest.remove_prefix(mark + 3);
    }
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
      SIO_TRY_STATUS(login(rest.substr(0, at)));
      rest.remove_prefix(at + 1);
    }
    SIO_TRY_STATUS(host_and_port(rest));
    return std::move(proxy_);
  }

 private:
  // Without the address, which may have a password in it.
  tl::unexpected<Error> refuse(std::string_view problem) const {
    return fail(Errc::usage, fmt::format("{}: {} (write http://[user:password@]host:port or "
                                         "socks5h://[user:password@]host:port)",
                                         proxy_.source, problem));
  }

  Status scheme(const std::string& scheme) {
    if (scheme == "http")
      proxy_.kind = net::ProxyKind::http;
    else if (scheme == "socks5h" || scheme == "socks5")
      proxy_.kind = net::ProxyKind::socks5;
    else
      return refuse(fmt::format("{}:// is no kind of proxy that is spoken to", scheme));
    return {};
  }

  Status login(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    proxy_.user = percent_decoded(text.substr(0, colon));
    if (colon < text.size()) proxy_.password = percent_decoded(text.substr(colon + 1));
    if (proxy_.user.size() > kMaxLogin || proxy_.password.size() > kMaxLogin)
      return refuse(fmt::format("a user or a password of more than {} bytes", kMaxLogin));
    return {};
  }

  Status host_and_port(std::string_view text) {
    const std::size_t bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    std::string_view host = text.substr(0, colon);
    if (bracket != std::string_view::npos) host = host.substr(1, bracket - 1);
    if (host.empty()) return refuse("no host");
    if (host.size() > kMaxHost)
      return refuse(fmt::format("a host of more than {} bytes", kMaxHost));
    proxy_.host = lower(host);
    proxy_.port = kUsualPort;
    return colon == std::string_view::npos ? Status() : port(text.substr(colon + 1));
  }

  Status port(std::string_view digits) {
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, proxy_.port);
    if (error != std::errc() || stop != end || proxy_.port == 0)
      return refuse(fmt::format("\"{}\" is not a port, 1 to 65535", digits));
    return {};
  }

  std::string_view text_;
  net::Proxy proxy_;
};

struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;  // 4, 16, or 0: not an address
};

Address parse_address(const std::string& text) {
  Address address;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1)
    address.size = 4;
  else if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1)
    address.size = 16;
  return address;
}

bool same_bits(const Address& a, const Address& b, std::size_t bits) {
  if (bits > a.size * 8) return false;
  if (std::memcmp(a.bytes.data(), b.bytes.data(), bits / 8) != 0) return false;
  const unsigned shift = 8 - bits % 8;
  return shift == 8 || (a.bytes[bits / 8] >> shift) == (b.bytes[bits / 8] >> shift);
}

// "10.0.0.0/8", "::1"
bool covers(std::string_view range, const Address& address) {
  const std::size_t slash = range.find('/');
  const Address network = parse_address(std::string(range.substr(0, slash)));
  if (network.size == 0 || network.size != address.size) return false;
  std::size_t bits = network.size * 8;
  if (slash != std::string_view::npos) {
    const std::string_view digits = range.substr(slash + 1);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, bits);
    if (error != std::errc() || stop != end) return false;
  }
  return same_bits(network, address, bits);
}

bool is_below(std::string_view host, std::string_view domain) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool names(std::string_view entry, const std::string& host, const Address& address) {
  if (entry == "*") return true;
  if (address.size == 0) return is_below(host, entry);
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  return covers(entry, address);
}

struct Named {
  std::string source;
  std::string text;
};

Named proxy_of_environment(bool tls, const Environ& environ) {
  // Not HTTP_PROXY: in a CGI program a request's header `Proxy:` sets it.
  constexpr std::array<const char*, 4> kForTls = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                                  "ALL_PROXY"};
  constexpr std::array<const char*, 3> kForPlain = {"http_proxy", "all_proxy", "ALL_PROXY"};
  const std::span<const char* const> variables =
      tls ? std::span<const char* const>(kForTls) : std::span<const char* const>(kForPlain);
  for (const char* variable : variables)
    if (std::string text = environ(variable); !text.empty())
      return {std::string("$") + variable, std::move(text)};
  return {};
}

}  // namespace

Result<net::Proxy> parse_proxy(std::string_view text, std::string source) {
  return Parser(text, std::move(source)).parse();
}

bool is_reached_directly(std::string_view host, std::string_view list) {
  std::string name = lower(host);
  if (name.ends_with('.')) name.pop_back();
  const Address address = parse_address(name);
  const std::string entries = lower(list);
  constexpr std::string_view kBetween = ", \t\n";
  std::size_t begin = entries.find_first_not_of(kBetween);
  while (begin != std::string::npos) {
    const std::size_t end = std::min(entries.find_first_of(kBetween, begin), entries.size());
    if (names(std::string_view(entries).substr(begin, end - begin), name, address)) return true;
    begin = entries.find_first_not_of(kBetween, end);
  }
  return false;
}

Result<std::optional<net::Proxy>> choose_proxy(const proto::ServerUrl& server,
                                               const std::optional<std::string>& option,
                                               const Environ& environ) {
  const std::optional<net::Proxy> none;
  if (!server.unix_path.empty()) return none;
  const Named named =
      option ? Named{"--proxy", *option} : proxy_of_environment(server.tls, environ);
  if (named.text.empty()) return none;
  SIO_TRY(net::Proxy proxy, parse_proxy(named.text, named.source));
  std::string exempt = environ("no_proxy");
  if (exempt.empty()) exempt = environ("NO_PROXY");
  if (is_reached_directly(server.host, exempt)) return none;
  return std::optional(std::move(proxy));
}

}  // namespace sio::cli

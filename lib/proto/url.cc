#include "proto/url.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/host_name.h"
#include "base/percent.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

constexpr std::array<std::string_view, 5> kSchemes = {"http", "https", "ws", "wss", "unix"};
constexpr std::string_view kExamples = "http://host:3000/ns, host:3000 or unix:/path";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// What stands in front of the first ':' if it is one of ours, else "".
std::string scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  std::string scheme = lower(text.substr(0, colon));
  return std::ranges::find(kSchemes, scheme) == kSchemes.end() ? std::string() : scheme;
}

// What was written, without what may be secret in it: the user's part and the query.
std::string without_secrets(std::string_view text) {
  text = text.substr(0, text.find('?'));
  const std::size_t mark = text.find("://");
  const std::size_t begin = mark == std::string_view::npos ? 0 : mark + 3;
  const std::string_view behind = text.substr(begin);
  const std::size_t at = behind.substr(0, behind.find('/')).rfind('@');
  if (at == std::string_view::npos) return std::string(text);
  return fmt::format("{}***{}", text.substr(0, begin), behind.substr(at));
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view problem) {
  return fail(Errc::usage, fmt::format("server \"{}\": {} (write {})", without_secrets(text),
                                       problem, kExamples));
}

// One address being taken apart; `text` is the whole of it, for messages.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<ServerUrl> parse();

 private:
  Result<ServerUrl> unix_socket(std::string_view path) const;
  Status authority(std::string_view authority, bool needs_port);
  Status host(std::string_view host);
  Status port(std::string_view digits);
  Status target(std::string_view target);

  std::string_view text_;
  ServerUrl url_;
};

Result<ServerUrl> Parser::parse() {
  if (std::ranges::any_of(text_, [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
    return refuse(text_, "white space or a control character");
  const std::string scheme = scheme_of(text_);
  std::string_view rest = text_;
  if (!scheme.empty()) rest.remove_prefix(scheme.size() + 1);
  if (scheme == "unix") return unix_socket(rest);
  if (!scheme.empty()) {
    if (!rest.starts_with("//"))
      return refuse(text_, fmt::format("expected // behind {}:", scheme));
    rest.remove_prefix(2);
  } else if (const std::size_t mark = text_.find("://"); mark != std::string_view::npos) {
    return refuse(text_, fmt::format("unknown scheme {}", text_.substr(0, mark)));
  }
  url_.tls = scheme == "https" || scheme == "wss";
  url_.port = url_.tls ? 443 : 80;
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  SIO_TRY_STATUS(authority(rest.substr(0, end), scheme.empty()));
  SIO_TRY_STATUS(target(rest.substr(end)));
  return std::move(url_);
}

Result<ServerUrl> Parser::unix_socket(std::string_view path) const {
  while (path.starts_with("//")) path.remove_prefix(1);  // unix:///run/x is /run/x
  if (path.empty() || path == "@") return refuse(text_, "no path behind unix:");
  if (path.size() > kMaxUnixPath)
    return refuse(text_, fmt::format("the path is longer than {} bytes", kMaxUnixPath));
  ServerUrl url;
  url.host = "localhost";
  url.unix_path = path;
  return url;
}

Status Parser::authority(std::string_view authority, bool needs_port) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url_.user_info = percent_decoded(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  // The colon of the port is the last one, unless it belongs to an IPv6 address.
  const std::size_t bracket = authority.rfind(']');
  std::size_t colon = authority.rfind(':');
  if (bracket != std::string_view::npos && colon != std::string_view::npos && colon < bracket)
    colon = std::string_view::npos;
  if (needs_port && colon == std::string_view::npos) return refuse(text_, "no port");
  SIO_TRY_STATUS(host(needs_port && colon == 0 ? "127.0.0.1" : authority.substr(0, colon)));
  if (colon != std::string_view::npos) SIO_TRY_STATUS(port(authority.substr(colon + 1)));
  return {};
}

Status Parser::host(std::string_view host) {
  url_.host = lower(host);
  if (url_.host.starts_with('[') && url_.host.ends_with(']')) {
    url_.host = url_.host.substr(1, url_.host.size() - 2);
    // In a URL the zone stands behind an escaped percent sign (RFC 6874); people write it plainly.
    if (const std::size_t zone = url_.host.find("%25"); zone != std::string::npos)
      url_.host.erase(zone + 1, 2);
    if (!is_ipv6_address(url_.host))
      return refuse(text_, "not an IPv6 address between the brackets");
    return {};
  }
  if (url_.host.empty()) return refuse(text_, "no host");
  if (url_.host.find(':') != std::string::npos)
    return refuse(text_, "an IPv6 address needs brackets, as in [::1]:3000");
  if (!is_host_name(url_.host))
    return refuse(text_, fmt::format("\"{}\" is not a host name", url_.host));
  return {};
}

Status Parser::port(std::string_view digits) {
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), url_.port);
  if (error != std::errc{} || end != digits.data() + digits.size() || url_.port == 0)
    return refuse(text_, fmt::format("\"{}\" is not a port, 1 to 65535", digits));
  return {};
}

Status Parser::target(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  if (mark != std::string_view::npos) url_.query = target.substr(mark + 1);
  if (mark != 0 && !target.empty()) url_.ns = target.substr(0, mark);
  if (url_.ns.find(',') != std::string::npos)
    return refuse(text_, "a namespace cannot have a comma");
  if (url_.ns.size() > kMaxNamespaceName)
    return refuse(text_, fmt::format("a namespace of more than {} bytes", kMaxNamespaceName));
  return {};
}

}  // namespace

std::string ServerUrl::origin() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  std::string written = host;
  if (host.find(':') != std::string::npos) {
    if (const std::size_t zone = written.find('%'); zone != std::string::npos)
      written.insert(zone + 1, "25");
    written = "[" + written + "]";
  }
  return fmt::format("{}://{}:{}", tls ? "https" : "http", written, port);
}

bool looks_like_server(std::string_view operand) {
  return !scheme_of(operand).empty();
}

Result<ServerUrl> parse_server_url(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace sio::proto

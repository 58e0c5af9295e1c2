#include "base/redis_url.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/host_name.h"
#include "base/percent.h"

namespace sio {
namespace {

constexpr std::size_t kMaxUrl = 4096;
constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxParameters = 32;
constexpr std::uint32_t kMaxDb = std::numeric_limits<std::int32_t>::max();
constexpr std::string_view kTcp = "redis";
constexpr std::string_view kUnix = "redis+unix";
constexpr std::string_view kTls = "rediss";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

template <typename Integer>
std::optional<Integer> parse_number(std::string_view digits, Integer max) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value > max) return {};
  return value;
}

// One address being taken apart; `text` is the whole of it, for messages.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<RedisUrl> parse();

 private:
  tl::unexpected<Error> refuse(std::string_view problem) const;
  Result<std::string> decoded(std::string_view part, std::string_view what) const;
  Status user_info(std::string_view text);
  Status host_and_port(std::string_view text);
  Status host(std::string_view text);
  Status path(std::string_view text);
  Status db(std::string_view digits);
  Status query(std::string_view text);
  Status add_parameter(std::string_view text);

  std::string_view text_;
  bool is_unix_ = false;
  bool has_db_ = false;
  RedisUrl url_;
};

tl::unexpected<Error> Parser::refuse(std::string_view problem) const {
  const std::string_view example =
      is_unix_ ? "redis+unix:///run/redis.sock" : "redis://:PASSWORD@host:6379/0";
  return fail(Errc::usage,
              fmt::format("{}: {} (write {})", without_redis_secrets(text_), problem, example));
}

// Strict, for a password that is nearly right is wrong.
Result<std::string> Parser::decoded(std::string_view part, std::string_view what) const {
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  for (std::size_t at = part.find('%'); at != std::string_view::npos; at = part.find('%', at + 1)) {
    if (part.size() - at < 3 || !is_hex(part[at + 1]) || !is_hex(part[at + 2]))
      return refuse(fmt::format("a % in the {} that is no escape: it is written %25", what));
  }
  return percent_decoded(part);
}

Result<RedisUrl> Parser::parse() {
  if (text_.size() > kMaxUrl)
    return fail(Errc::usage, fmt::format("the address of a Redis server has {} bytes: more than {}",
                                         text_.size(), kMaxUrl));
  const std::size_t mark = text_.find("://");
  const std::string scheme = lower(text_.substr(0, mark));
  is_unix_ = scheme == kUnix;
  if (std::ranges::any_of(text_, is_control))
    return refuse("white space or a control character: it is written as an escape, as %20");
  if (scheme == kTls) return refuse("TLS is not spoken to Redis: use a tunnel as stunnel");
  if (mark == std::string_view::npos || (scheme != kTcp && !is_unix_))
    return refuse("not the address of a Redis server");
  std::string_view rest = text_.substr(mark + 3);
  if (rest.find('#') != std::string_view::npos) return refuse("a # is written %23");
  const std::size_t question = rest.find('?');
  const std::string_view parameters =
      question == std::string_view::npos ? "" : rest.substr(question + 1);
  rest = rest.substr(0, question);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    SIO_TRY_STATUS(user_info(authority.substr(0, at)));
    authority.remove_prefix(at + 1);
  }
  if (!is_unix_) SIO_TRY_STATUS(host_and_port(authority));
  if (is_unix_ && !authority.empty()) return refuse("a path begins with /");
  SIO_TRY_STATUS(path(rest.substr(slash)));
  SIO_TRY_STATUS(query(parameters));
  return std::move(url_);
}

Status Parser::user_info(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return refuse("is the word in front of @ a user or a password? A password stands behind a :");
  SIO_TRY(url_.user, decoded(text.substr(0, colon), "user"));
  SIO_TRY(url_.password, decoded(text.substr(colon + 1), "password"));
  return {};
}

Status Parser::host_and_port(std::string_view text) {
  // The colon of the port is the last one, unless it belongs to an IPv6 address.
  const std::size_t bracket = text.rfind(']');
  std::size_t colon = text.rfind(':');
  if (bracket != std::string_view::npos && colon != std::string_view::npos && colon < bracket)
    colon = std::string_view::npos;
  SIO_TRY_STATUS(host(text.substr(0, colon)));
  if (colon == std::string_view::npos) return {};
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1), 65535);
  if (!port || *port == 0)
    return refuse(fmt::format("\"{}\" is not a port, 1 to 65535", text.substr(colon + 1)));
  url_.port = *port;
  return {};
}

Status Parser::host(std::string_view text) {
  SIO_TRY(std::string name, decoded(text, "host"));
  name = lower(name);
  if (name.empty()) return refuse("no host");
  if (name.size() > kMaxHost)
    return refuse(fmt::format("a host name of more than {} bytes", kMaxHost));
  if (name.starts_with('[') && name.ends_with(']')) {
    name = name.substr(1, name.size() - 2);
    if (!is_ipv6_address(name)) return refuse("not an IPv6 address between the brackets");
  } else if (name.find(':') != std::string::npos) {
    return refuse("an IPv6 address needs brackets, as in [::1]:6379");
  } else if (!is_host_name(name)) {
    return refuse("not a host name");
  }
  url_.host = std::move(name);
  return {};
}

Status Parser::path(std::string_view text) {
  if (is_unix_) {
    SIO_TRY(url_.unix_path, decoded(text, "path"));
    if (url_.unix_path.size() < 2) return refuse("no path");
    if (url_.unix_path.size() > kMaxUnixPath)
      return refuse(fmt::format("the path is longer than {} bytes", kMaxUnixPath));
    if (url_.unix_path.find('\0') != std::string::npos) return refuse("a NUL in the path");
    return {};
  }
  if (text.empty() || text == "/") return {};
  return db(text.substr(1));
}

Status Parser::db(std::string_view digits) {
  const auto number = parse_number<std::uint32_t>(digits, kMaxDb);
  if (!number) return refuse("a database is a number from 0");
  if (std::exchange(has_db_, true)) return refuse("two databases");
  url_.db = *number;
  return {};
}

Status Parser::query(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    if (end > 0) SIO_TRY_STATUS(add_parameter(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

Status Parser::add_parameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return refuse("behind the ? stand NAME=VALUE, with & between them");
  SIO_TRY(std::string name, decoded(text.substr(0, equals), "name of a parameter"));
  SIO_TRY(std::string value, decoded(text.substr(equals + 1), "value of a parameter"));
  if (name == "db") return db(value);
  if (url_.parameter(name) != nullptr) return refuse("a parameter is said twice");
  if (url_.parameters.size() == kMaxParameters)
    return refuse(fmt::format("more than {} parameters", kMaxParameters));
  url_.parameters.emplace_back(std::move(name), std::move(value));
  return {};
}

// With escapes for what would end the part.
std::string encoded(std::string_view text, std::string_view forbidden) {
  std::string out;
  for (const char c : text) {
    if (is_control(c) || c == '%' || forbidden.find(c) != std::string_view::npos)
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      out += c;
  }
  return out;
}

}  // namespace

const std::string* RedisUrl::parameter(std::string_view name) const {
  const auto found = std::ranges::find(parameters, name, &decltype(parameters)::value_type::first);
  return found == parameters.end() ? nullptr : &found->second;
}

Status RedisUrl::expect_parameters(std::span<const std::string_view> names) const {
  for (const auto& [name, value] : parameters) {
    if (std::ranges::find(names, name) == names.end())
      return fail(Errc::usage,
                  fmt::format("{}: there is no parameter \"{}\" (there are db, {})", printable(),
                              encoded(name, "\""), fmt::join(names, ", ")));
  }
  return {};
}

std::string RedisUrl::printable() const {
  std::string out = fmt::format("{}://", unix_path.empty() ? kTcp : kUnix);
  if (wants_auth()) out += encoded(user, ":@/?#") + ":***@";
  if (!unix_path.empty()) {
    out += encoded(unix_path, "?#");
    return db == 0 ? out : fmt::format("{}?db={}", out, db);
  }
  const bool is_ipv6 = host.find(':') != std::string::npos;
  out += is_ipv6 ? "[" + encoded(host, "") + "]" : host;
  return fmt::format("{}:{}{}", out, port, db == 0 ? "" : fmt::format("/{}", db));
}

bool looks_like_redis(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string scheme = lower(text.substr(0, colon));
  return scheme == kTcp || scheme == kUnix || scheme == kTls;
}

// An @ may stand in a password that should have been escaped, and so may a slash: what is in front
// of the last @ is not shown at all.
std::string without_redis_secrets(std::string_view text) {
  text = text.substr(0, kMaxUrl);
  const std::size_t mark = text.find("://");
  const std::size_t begin = mark == std::string_view::npos ? 0 : mark + 3;
  const std::string_view behind = text.substr(begin);
  const std::size_t at = behind.rfind('@');
  if (at == std::string_view::npos) return std::string(text.substr(0, text.find('?')));
  const std::string_view shown = behind.substr(at);
  return fmt::format("{}***{}", text.substr(0, begin), shown.substr(0, shown.find('?')));
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace sio

#include "cli/connect_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/base64.h"
#include "base/log.h"
#include "cli/event_builder.h"
#include "cli/file_text.h"
#include "cli/preferences.h"
#include "cli/proxy_choice.h"
#include "proto/json_text.h"
#include "proto/url.h"

namespace sio::cli {
namespace {

constexpr std::string_view kDefaultServer = "http://127.0.0.1:3000";
constexpr std::size_t kMaxSecretFile = 1u << 20;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool has_header(const net::HttpHeaders& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& one) { return same_word(one.first, name); });
}

// What RFC 9110 calls a token.
bool is_header_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

Status add_header(net::HttpHeaders& headers, std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_header_name(name))
    return fail(Errc::usage, "--header: expected `Name: value`, or @FILE with such lines");
  const std::string_view value = trimmed(line.substr(colon + 1));
  const bool printable = std::ranges::none_of(
      value, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
  if (!printable)
    return fail(Errc::usage, fmt::format("--header {}: control characters in the value", name));
  headers.emplace_back(name, value);
  return {};
}

Status add_header_file(net::HttpHeaders& headers, const std::string& path) {
  const auto text = read_file(path, kMaxSecretFile);
  if (!text) return fail_in("--header", text.error());
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, length));
    if (!line.empty()) SIO_TRY_STATUS(add_header(headers, line));
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return {};
}

Result<net::HttpHeaders> read_headers(const std::vector<std::string>& lines) {
  net::HttpHeaders headers;
  for (const std::string& line : lines)
    SIO_TRY_STATUS(line.starts_with('@') ? add_header_file(headers, line.substr(1))
                                         : add_header(headers, line));
  return headers;
}

// Checked when it was read.
client::TransportChoice transport_choice(std::string_view text) {
  if (text == "websocket") return client::TransportChoice::websocket;
  if (text == "polling") return client::TransportChoice::polling;
  return client::TransportChoice::automatic;
}

Result<std::string> engine_path(std::string_view text) {
  const bool printable =
      std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (text.empty() || !printable || text.find_first_of("?#") != std::string_view::npos)
    return fail(Errc::usage, fmt::format("--path {}: expected something like /socket.io/", text));
  std::string path(text);
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  if (!path.ends_with('/')) path += '/';
  return path;
}

// The server's address as messages show it.
std::string name_of(const proto::ServerUrl& url) {
  if (!url.unix_path.empty()) return "unix:" + url.unix_path;
  const bool v6 = url.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", url.host, v6 ? "]" : "", url.port);
}

Result<std::vector<std::string>> namespaces_of(const ConnectOptions& options,
                                               const proto::ServerUrl& url) {
  std::vector<std::string> names;
  for (const std::string& typed : options.namespaces) {
    const std::string name = namespace_name(typed);
    if (const Status status = check_namespace_name(name); !status)
      return fail_in("--ns", status.error());
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  if (names.empty()) names.push_back(url.ns);
  return names;
}

}  // namespace

void add_connect_options(CommandLine& line, ConnectOptions& options, std::string timeout_help) {
  line.heading("The server");
  line.option("-s,--server", "URL", options.server,
              "http[s]://host[:port][/ns], ws[s]://..., host:port, unix:/path, @PROFILE "
              "[$SIO_URL, else http://127.0.0.1:3000]");
  line.option("-n,--ns", "NAME", options.namespaces, "namespace [the URL's path, else /]");
  line.option("-A,--auth", "JSON|@FILE", options.auth,
              "what CONNECT carries; a file is read again at every connect [$SIO_AUTH]");
  line.option("-H,--header", "LINE|@FILE", options.headers, "extra HTTP header; repeatable");
  line.option("--path", "PATH", options.path, "where Engine.IO is served [/socket.io/]");
  line.choice("--transport", "T", {"auto", "websocket", "polling"}, options.transport,
              "auto (websocket, polling if that fails), websocket or polling");
  line.choice("--parser", "P", {"json", "msgpack"}, options.parser,
              "json or msgpack, as the server has it [json]");
  line.option("--cacert", "FILE", options.tls.ca_file, "trust these certificates (PEM)");
  line.option("--cert", "FILE", options.tls.cert_file, "our certificate (PEM)");
  line.option("--key", "FILE", options.tls.key_file, "its key (PEM)");
  line.flag("-k,--insecure", options.tls.insecure, "trust any certificate");
  line.option(
      "--proxy", "URL",
      [&options](const std::string& url) -> Status {
        options.proxy = url;
        return {};
      },
      "http://[user:password@]host:port or socks5h://...; '' for none "
      "[$https_proxy, $http_proxy, $all_proxy, but for $no_proxy]");
  line.duration("--wait", options.wait, "keep trying the first connection this long [0: once]");
  line.flag("--no-reconnect", options.no_reconnect, "leave with 6 when the connection is lost");
  line.duration("-W,--timeout", options.timeout, std::move(timeout_help));
  line.heading("Other");
  line.flag("-q,--quiet", options.quiet, "errors only");
  line.counter("-v,--verbose", options.verbose,
               "the connection; -vv all packets and HTTP heads; -vvv with secrets");
  line.choice("--color", "WHEN", {"auto", "always", "never"}, options.color,
              "auto, always or never [auto: on a terminal without $NO_COLOR]");
  line.variable("--server", "SIO_URL");
  line.variable("--auth", "SIO_AUTH");
  line.hidden_by("--proxy", {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"});
  line.hidden_by("--color", {"NO_COLOR"});
  line.may_be_empty("--proxy");
  line.more("--header", options.more_headers);
}

Result<ConnectPlan> plan_connection(ConnectOptions& options) {
  if (options.server.empty()) options.server = kDefaultServer;

  SIO_TRY(const proto::ServerUrl url, proto::parse_server_url(options.server));
  ConnectPlan plan;
  client::LinkTarget& target = plan.client.target;
  target.transport = transport_choice(options.transport);
  target.parser = parser_choice(options.parser);
  SIO_TRY(target.path, engine_path(options.path));
  SIO_TRY(plan.client.namespaces, namespaces_of(options, url));
  target.endpoint = {
      .host = url.host, .port = url.port, .tls = url.tls, .unix_path = url.unix_path};
  target.name = name_of(url);
  target.query = url.query;
  plan.client.first_wait = options.wait.value_or(Duration::zero());
  plan.client.reconnect = !options.no_reconnect;
  plan.connector.tls = options.tls;
  SIO_TRY(plan.connector.proxy, choose_proxy(url, options.proxy, environment));
  if (plan.connector.proxy) target.via = " through " + net::name_of(*plan.connector.proxy);
  plan.tls = url.tls;
  plan.user_info = url.user_info;
  if (options.tls.cert_file.empty() != options.tls.key_file.empty())
    return fail(Errc::usage, "--cert and --key belong together: give both");
  return plan;
}

TalkOptions talk_options(const ConnectOptions& options) {
  return {.quiet = options.quiet,
          .verbose = options.verbose,
          .color = wants_color(options, STDERR_FILENO),
          .journal = stderr_is_journal(),
          .status = ::isatty(STDERR_FILENO) != 0 && environment("TERM") != "dumb"};
}

bool wants_color(const ConnectOptions& options, int fd) {
  if (options.color != "auto") return options.color == "always";
  return environment("NO_COLOR").empty() && environment("TERM") != "dumb" && ::isatty(fd) != 0;
}

Result<net::HttpHeaders> CommandCredentials::headers() {
  SIO_TRY(net::HttpHeaders headers, read_headers(headers_));
  SIO_TRY(const net::HttpHeaders more, read_headers(more_headers_));
  const net::HttpHeaders typed = headers;
  for (const auto& header : more)
    if (!has_header(typed, header.first)) headers.push_back(header);
  if (!has_header(headers, "User-Agent"))
    headers.emplace_back("User-Agent", fmt::format("sio/{}", version()));
  if (!user_info_.empty() && !has_header(headers, "Authorization")) {
    std::string value = "Basic ";
    append_base64(value, user_info_);
    headers.emplace_back("Authorization", std::move(value));
  }
  return headers;
}

Result<std::string> CommandCredentials::auth() {
  if (auth_.empty()) return std::string();
  std::string text = auth_;
  if (auth_.starts_with('@')) {
    auto content = read_file(auth_.substr(1), kMaxSecretFile);
    if (!content) return fail_in("--auth", content.error());
    text = std::move(*content);
  }
  text = trimmed(text);
  const auto kind = proto::check_json(text);
  if (!kind) return fail(Errc::usage, "--auth: not JSON: " + kind.error().message);
  if (*kind != proto::JsonKind::object)
    return fail(Errc::usage, "--auth: expected a JSON object, like '{\"token\":\"...\"}'");
  return text;
}

proto::Parser parser_choice(std::string_view text) {
  return text == "msgpack" ? proto::Parser::msgpack : proto::Parser::json;
}

std::string namespace_name(std::string_view text) {
  return text.starts_with('/') ? std::string(text) : "/" + std::string(text);
}

}  // namespace sio::cli

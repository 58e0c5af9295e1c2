// The options that every command which talks to a server has, and what they mean.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/command_line.h"
#include "cli/talk.h"
#include "client/client.h"
#include "net/connector.h"

namespace sio::cli {

// What was typed.
struct ConnectOptions {
  std::string server;
  std::vector<std::string> namespaces;
  std::string auth;
  std::vector<std::string> headers;
  std::vector<std::string> more_headers;  // of the config file: those whose name is not in headers
  std::string path = "/socket.io/";
  std::string transport = "auto";
  std::string parser = "json";
  net::TlsClientOptions tls;
  std::optional<std::string> proxy;  // empty: none, whatever the environment says
  std::optional<Duration> wait;
  bool no_reconnect = false;
  std::optional<Duration> timeout;
  bool quiet = false;
  int verbose = 0;
  std::string color = "auto";
};

// Adds them to a command. `timeout_help` says what -W means there.
void add_connect_options(CommandLine& line, ConnectOptions& options, std::string timeout_help);

// What it means: where to connect, and as whom.
struct ConnectPlan {
  client::ClientOptions client;
  net::ConnectorOptions connector;
  bool tls = false;
  std::string user_info;  // of the URL, "user:password"
};
// Fills in the default server and the proxy of the environment. Errors: Errc::usage, naming the
// option or the variable.
Result<ConnectPlan> plan_connection(ConnectOptions& options);

TalkOptions talk_options(const ConnectOptions& options);
// Whether to colour what goes to `fd`: --color, $NO_COLOR, and whether it is a terminal (but not a
// dumb one).
bool wants_color(const ConnectOptions& options, int fd);

// -A and -H. `@FILE` is read each time it is asked for, so that a token that expires can be
// replaced while the command runs.
class CommandCredentials final : public client::Credentials {
 public:
  CommandCredentials(const ConnectOptions& options, std::string user_info)
      : auth_(options.auth),
        headers_(options.headers),
        more_headers_(options.more_headers),
        user_info_(std::move(user_info)) {}
  Result<net::HttpHeaders> headers() override;
  Result<std::string> auth() override;

 private:
  std::string auth_;
  std::vector<std::string> headers_;
  std::vector<std::string> more_headers_;
  std::string user_info_;
};

// `text`: "json" or "msgpack".
proto::Parser parser_choice(std::string_view text);

// "/chat" for "chat" and "/chat".
std::string namespace_name(std::string_view text);

}  // namespace sio::cli

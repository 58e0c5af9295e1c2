#include "serve/options.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "cli/connect_options.h"
#include "cli/units.h"

namespace sio::cmd::serve {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMaxThreads = 64;

void describe_queue(cli::CommandLine& line, Options& options) {
  line.heading("The queue:");
  line.option("--store", "WHERE", options.store,
              "a directory; redis://[USER:PASSWORD@]HOST[:PORT][/DB] or redis+unix:///SOCKET: in "
              "Redis; memory: keep events in RAM; none: keep nothing [a directory named after the "
              "first address, in $XDG_STATE_HOME/sio]");
  line.duration("--max-age", options.max_age, "forget events older than this [7d]");
  line.size("--max-bytes", options.max_bytes,
            "room for events, oldest go first [1Gi; in memory 64Mi]");
  line.option("--fsync", "WHEN", options.fsync,
              "when events go to the disk: always (before they are acknowledged), every DUR, never "
              "[always]");
  line.duration("--dedupe", options.dedupe, "how long the ids of events are remembered [2m]");
  line.duration("--recover", options.recover,
                "let any lost client come back within this time and get what it missed [0: off]");
}

void describe_behaviour(cli::CommandLine& line, Options& options) {
  line.heading("What events do:");
  line.option("--ns", "GLOB", options.server.namespaces, "namespaces that exist; repeatable [all]");
  line.option("--relay", "WHERE", options.relay,
              "where a plain client event goes: all, rooms (shared with the sender), none [all]");
  line.option("-J,--join-event", "NAME", options.pubsub.join_event, "the event that joins [join]");
  line.option("--app", "CMD", options.app,
              "an application decides: records on CMD's stdin, "
              "commands from its stdout");
  line.option("--cluster", "URL", options.cluster,
              "share namespaces, rooms and events with other servers by this Redis server, as "
              "redis://HOST:PORT; Node.js servers with its adapter are welcome");
}

void describe_auth(cli::CommandLine& line, Options& options) {
  line.heading("Who may do what:");
  line.option("--auth-file", "FILE", options.auth_file,
              "lines of TOKEN [NAMESPACES [ROOMS [rw|r|w]]]; read again on SIGHUP");
  line.option("--auth-exec", "CMD", options.auth_exec,
              "ask CMD about each client, on its stdin; it leaves with 0 for those to be let in");
}

void describe_http(cli::CommandLine& line, Options& options) {
  line.heading("Over plain HTTP, beside /sio/emit and /sio/events:");
  line.option("--static", "DIR", options.files, "serve the files of DIR");
  line.option("--admin", "ADDR", options.admins,
              "the admin UI, at /admin/, and /metrics, /sio/stats, /healthz, /readyz; repeatable");
}

void describe_sessions(cli::CommandLine& line, Options& options) {
  line.heading("Connections:");
  line.option("--path", "PATH", options.server.path, "Engine.IO path [/socket.io/]");
  line.option("--cors", "ORIGIN", options.server.cors_origins,
              "let pages of ORIGIN, or of any (*), read answers; repeatable");
  line.option("--cert", "FILE", options.tls.cert_file, "TLS certificate chain, PEM");
  line.option("--key", "FILE", options.tls.key_file, "its key");
  line.option("--cacert", "FILE", options.tls.client_ca_file,
              "clients must show a certificate signed by one of these");
  line.choice("--parser", "P", {"json", "msgpack"}, options.parser,
              "what all clients speak: json or msgpack [json]");
  line.flag("--allow-eio3", options.server.allow_eio3,
            "let old clients in: Socket.IO 1 and 2 (Engine.IO 3)");
  line.size("--max-payload", options.max_payload, "largest message and body [1M]");
  line.count("--max-clients", "N", options.max_clients, "sessions at one time [no limit]");
  line.count("--threads", "N", options.threads,
             "threads that read and write the connections, at most 64 [1]");
  line.duration("--ping-interval", options.ping_interval, "time between heartbeats [25s]");
  line.duration("--ping-timeout", options.ping_timeout, "time for their answers [20s]");
  line.duration("--connect-timeout", options.connect_timeout,
                "time to join a first namespace [45s]");
}

void describe_talk(cli::CommandLine& line, Options& options) {
  line.heading("Messages:");
  line.option("--log-format", "F", options.log_format, "text or json [text]");
  line.flag("-q,--quiet", options.quiet, "errors only");
  line.counter("-v,--verbose", options.verbose, "connections; -vv every packet; -vvv with secrets");
}

void suggest_values(cli::CommandLine& line) {
  line.suggest("--store", {"memory", "none", "redis://"});
  line.suggest("--fsync", {"always", "never", "1s"});
  line.suggest("--relay", {"all", "rooms", "none"});
  line.suggest("--log-format", {"text", "json"});
}

Status settle_relay(Options& options) {
  using server::Relay;
  if (options.relay == "all") {
    options.pubsub.relay = Relay::all;
  } else if (options.relay == "rooms") {
    options.pubsub.relay = Relay::rooms;
  } else if (options.relay == "none") {
    options.pubsub.relay = Relay::none;
  } else {
    return fail(Errc::usage, fmt::format("--relay {}: expected all, rooms or none", options.relay));
  }
  return {};
}

Status settle_cluster(Options& options) {
  if (options.cluster.empty()) return {};
  auto url = parse_redis_url(options.cluster);
  if (!url) return fail_in("--cluster", url.error());
  constexpr std::string_view kParameters[] = {"adapter", "key", "stream"};
  if (const Status status = url->expect_parameters(kParameters); !status)
    return fail_in("--cluster", status.error());
  const std::string* const adapter = url->parameter("adapter");
  if (adapter != nullptr && *adapter != "pubsub" && *adapter != "streams")
    return fail(Errc::usage,
                fmt::format("--cluster: ?adapter={}: expected pubsub or streams", *adapter));
  if (url->parameter("stream") != nullptr && (adapter == nullptr || *adapter != "streams"))
    return fail(Errc::usage, "--cluster: ?stream= needs ?adapter=streams");
  for (const auto& [name, value] : url->parameters)
    if (value.empty()) return fail(Errc::usage, fmt::format("--cluster: ?{}= is empty", name));
  options.cluster_url = std::move(*url);
  return {};
}

Status settle_threads(const Options& options) {
  const std::uint64_t threads = options.threads.value_or(1);
  if (threads <= kMaxThreads) return {};
  return fail(Errc::usage, fmt::format("--threads {}: at most {}", threads, kMaxThreads));
}

Status settle_session_options(Options& options) {
  server::ServerOptions& server = options.server;
  server.version = cli::version();
  server.parser = cli::parser_choice(options.parser);
  server.remembers_handshakes = !options.admins.empty() || options.cluster_url;
  if (!server.path.starts_with('/')) server.path.insert(0, "/");
  if (!server.path.ends_with('/')) server.path += '/';
  if (options.max_payload) server.max_payload = *options.max_payload;
  if (server.max_payload == 0) return fail(Errc::usage, "--max-payload 0: nothing would fit");
  if (options.max_clients) server.max_clients = *options.max_clients;
  SIO_TRY_STATUS(settle_threads(options));
  const auto settle = [](Duration& target, const std::optional<Duration>& wish,
                         std::string_view name) -> Status {
    if (!wish) return {};
    if (*wish < 1ms) return fail(Errc::usage, fmt::format("{}: at least 1ms, as 25s", name));
    target = *wish;
    return {};
  };
  SIO_TRY_STATUS(settle(server.ping_interval, options.ping_interval, "--ping-interval"));
  SIO_TRY_STATUS(settle(server.ping_timeout, options.ping_timeout, "--ping-timeout"));
  return settle(server.connect_timeout, options.connect_timeout, "--connect-timeout");
}

Status settle_fsync(Options& options) {
  if (options.fsync.empty() || options.fsync == "always") {
    options.sync.when = store::Fsync::always;
  } else if (options.fsync == "never") {
    options.sync.when = store::Fsync::never;
  } else {
    const auto interval = cli::parse_duration(options.fsync);
    if (!interval || *interval < 1ms)
      return fail(Errc::usage,
                  fmt::format("--fsync {}: expected always, never or a time", options.fsync));
    options.sync = {store::Fsync::interval,
                    std::chrono::duration_cast<std::chrono::milliseconds>(*interval)};
  }
  return {};
}

Status settle_redis(Options& options) {
  SIO_TRY(const RedisUrl url, parse_redis_url(options.store));
  SIO_TRY(options.redis, store::redis_store_options(url));
  if (options.fsync.empty()) return {};
  return fail(Errc::usage, "--fsync: not with --store redis://, where Redis's appendfsync decides");
}

Status settle_queue(Options& options) {
  if (looks_like_redis(options.store)) {
    SIO_TRY_STATUS(settle_redis(options));
  } else if (options.store.find("://") != std::string::npos) {
    return fail(Errc::usage, fmt::format("--store {}: expected a directory, redis://HOST:PORT, "
                                         "memory or none",
                                         options.store));
  }
  if (options.recover == Duration::zero()) options.recover.reset();
  if (options.store == "none" && options.recover)
    return fail(Errc::usage, "--recover needs a store: leave out --store none");
  if (!options.app.empty() && options.recover)
    return fail(Errc::usage, "--recover: not with --app, which sends what is not stored");
  return settle_fsync(options);
}

// What a directory is called that belongs to an address.
std::string directory_name(std::string_view address) {
  std::string name;
  for (const char c : address) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (is_plain)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  return name;
}

}  // namespace

void describe(cli::CommandLine& line, Options& options) {
  describe_queue(line, options);
  describe_behaviour(line, options);
  describe_auth(line, options);
  describe_http(line, options);
  describe_sessions(line, options);
  describe_talk(line, options);
  suggest_values(line);
}

Result<std::string> default_store(const net::ListenAddress& first) {
  const bool is_unix = !first.unix_path.empty();
  if (!is_unix && first.port == 0) return "memory";
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string base = variable("XDG_STATE_HOME");
  if (!base.starts_with('/')) {
    const std::string home = variable("HOME");
    if (!home.starts_with('/'))
      return fail(Errc::usage, "where should events be kept? Say --store DIR, or set $HOME");
    base = home + "/.local/state";
  }
  const std::string text =
      is_unix ? "unix:" + first.unix_path : fmt::format("{}:{}", first.host, first.port);
  return fmt::format("{}/sio/{}", base, directory_name(text));
}

Status settle(Options& options) {
  SIO_TRY_STATUS(settle_queue(options));
  if (options.log_format != "text" && options.log_format != "json")
    return fail(Errc::usage,
                fmt::format("--log-format {}: expected text or json", options.log_format));
  if (options.tls.cert_file.empty() != options.tls.key_file.empty())
    return fail(Errc::usage, "--cert and --key need each other");
  if (!options.tls.client_ca_file.empty() && !options.tls.enabled())
    return fail(Errc::usage, "--cacert needs --cert and --key");
  if (!options.auth_file.empty() && !options.auth_exec.empty())
    return fail(Errc::usage, "--auth-file and --auth-exec: one of them");
  if (options.pubsub.join_event.empty())
    return fail(Errc::usage, "--join-event: it needs a name, as join");
  SIO_TRY_STATUS(settle_relay(options));
  SIO_TRY_STATUS(settle_cluster(options));
  return settle_session_options(options);
}

}  // namespace sio::cmd::serve

// sio serve: run a Socket.IO server. The composition root: the only place that names concrete
// stores, policies and listeners.

#include <fmt/format.h>
#include <signal.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "applets.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/posix_fs.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/exit_code.h"
#include "cli/file_text.h"
#include "cli/units.h"
#include "net/address.h"
#include "net/child.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/service_manager.h"
#include "server/app.h"
#include "server/auth_policy.h"
#include "server/command_authenticator.h"
#include "server/http_door.h"
#include "server/pubsub_policy.h"
#include "server/server.h"
#include "server/sessions.h"
#include "server/token_authenticator.h"
#include "store/file_store.h"
#include "store/groups.h"
#include "store/memory_store.h"

namespace sio::cmd {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kAbout =
    "usage: sio serve [options] [ADDR...]\n"
    "\n"
    "Runs a Socket.IO server. ADDR is PORT, HOST:PORT or unix:PATH[,mode=660]; without one it is\n"
    "127.0.0.1:3000. Prints `listening URL` for each when it is ready.";

constexpr int kStoreNotClosed = 1;
constexpr int kCannotListen = 3;
constexpr int kCannotOpenStore = 3;
constexpr Duration kDefaultMaxAge = 7 * 24h;
constexpr Duration kDefaultRecover = 120s;  // for clients that ask, without --recover
// Goodbye: readers that are behind may catch up as long as one of them moves on; then connections
// have a moment to close.
constexpr Duration kCatchUpTime = 20s;
constexpr Duration kCatchUpPause = 2s;
constexpr Duration kGoodbyeTime = 2s;
constexpr Duration kGoodbyeStep = 10ms;

struct Options {
  std::vector<std::string> addresses;
  std::string store;
  std::string fsync = "always";
  store::SyncPolicy sync;
  std::optional<Duration> max_age;
  std::optional<std::uint64_t> max_bytes;
  std::optional<Duration> dedupe;
  std::optional<Duration> recover;
  std::string relay = "all";
  server::PubSubPolicy::Options pubsub;
  std::string app;
  std::string auth_file;
  std::string auth_exec;
  std::string files;                // --static
  std::vector<std::string> admins;  // addresses
  server::ServerOptions server;

  bool asks_who() const { return !auth_file.empty() || !auth_exec.empty(); }
  net::TlsServerOptions tls;
  std::optional<std::uint64_t> max_payload;
  std::optional<std::uint64_t> max_clients;
  std::optional<Duration> ping_interval;
  std::optional<Duration> ping_timeout;
  std::optional<Duration> connect_timeout;
  std::string parser = "json";
  std::string log_format = "text";
  bool quiet = false;
  int verbose = 0;
};

// The options.

void describe_queue(cli::CommandLine& line, Options& options) {
  line.heading("The queue:");
  line.option("--store", "WHERE", options.store,
              "a directory; memory: keep events in RAM; none: keep nothing [named after the first "
              "address, in $XDG_STATE_HOME/sio]");
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
              "also tell /metrics, /sio/stats, /healthz and /readyz here; repeatable");
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
  line.suggest("--store", {"memory", "none"});
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

Status settle_session_options(Options& options) {
  server::ServerOptions& server = options.server;
  server.version = cli::version();
  server.parser = cli::parser_choice(options.parser);
  if (!server.path.starts_with('/')) server.path.insert(0, "/");
  if (!server.path.ends_with('/')) server.path += '/';
  if (options.max_payload) server.max_payload = *options.max_payload;
  if (server.max_payload == 0) return fail(Errc::usage, "--max-payload 0: nothing would fit");
  if (options.max_clients) server.max_clients = *options.max_clients;
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

std::chrono::milliseconds to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

Status settle_fsync(Options& options) {
  if (options.fsync == "always") {
    options.sync.when = store::Fsync::always;
  } else if (options.fsync == "never") {
    options.sync.when = store::Fsync::never;
  } else {
    const auto interval = cli::parse_duration(options.fsync);
    if (!interval || *interval < 1ms)
      return fail(Errc::usage,
                  fmt::format("--fsync {}: expected always, never or a time", options.fsync));
    options.sync = {store::Fsync::interval, to_ms(*interval)};
  }
  return {};
}

Status settle_queue(Options& options) {
  if (options.store.find("://") != std::string::npos)
    return fail(Errc::usage,
                fmt::format("--store {}: expected a directory, memory or none", options.store));
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

// Where events are kept when nobody said. A port that the system chooses is another one each time,
// so what was kept under it would never be found again.
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
  return settle_session_options(options);
}

Status check_reach(const Options& options, const net::ListenAddress& address,
                   std::string_view text) {
  if (net::is_loopback(address) || options.asks_who()) return {};
  return fail(Errc::usage,
              fmt::format("{}: others can connect there, and nobody would be asked who they are: "
                          "add --auth-file or --auth-exec, or use 127.0.0.1 or unix:PATH",
                          text));
}

// Where to listen. Sockets that somebody has opened for us come before what was typed.
struct Places {
  std::vector<net::InheritedSocket> sockets;
  std::vector<net::ListenAddress> addresses;  // empty if there are sockets
  std::vector<net::ListenAddress> admins;

  const net::ListenAddress& first() const {
    return sockets.empty() ? addresses.front() : sockets.front().address;
  }
};

Result<Places> find_places(const Options& options) {
  Places places;
  SIO_TRY(places.sockets, net::inherited_sockets());
  for (const net::InheritedSocket& socket : places.sockets)
    SIO_TRY_STATUS(check_reach(options, socket.address, "$LISTEN_FDS: " + socket.address.host));
  for (const std::string& text : options.admins) {
    SIO_TRY(net::ListenAddress address, net::parse_listen_address(text));
    SIO_TRY_STATUS(check_reach(options, address, "--admin " + text));
    places.admins.push_back(std::move(address));
  }
  if (!places.sockets.empty()) return places;
  for (const std::string& text : options.addresses) {
    SIO_TRY(net::ListenAddress address, net::parse_listen_address(text));
    SIO_TRY_STATUS(check_reach(options, address, text));
    places.addresses.push_back(std::move(address));
  }
  if (places.addresses.empty()) places.addresses.push_back({.port = 3000});
  return places;
}

void set_up_log(const Options& options) {
  set_log_format(options.log_format == "json" ? LogFormat::json
                 : stderr_is_journal()        ? LogFormat::journal
                                              : LogFormat::text);
  if (options.quiet) return set_log_level(LogLevel::error);
  const LogLevel levels[] = {LogLevel::info, LogLevel::debug, LogLevel::trace, LogLevel::secrets};
  set_log_level(levels[std::min(options.verbose, 3)]);
}

// An error at the start, and what to do about it.
void tell(std::string_view message, std::string_view hint) {
  fmt::print(stderr, "{}sio serve: {} ({})\n",
             stderr_is_journal() ? journal_prefix(LogLevel::error) : "", message, hint);
}

// The world.

class ChildLauncher final : public server::CommandLauncher {
 public:
  ChildLauncher(net::Loop& loop, std::string command) : loop_(loop), command_(std::move(command)) {}
  Result<std::unique_ptr<net::Child>> launch(net::ChildEvents& events) override {
    return net::Child::start(loop_, {.shell_command = command_, .environment = {}}, events);
  }

 private:
  net::Loop& loop_;
  std::string command_;
};

// What clients are asked when they want to come in. Without --auth-file and --auth-exec: nothing.
class Doorkeeper {
 public:
  // `options` outlives it.
  explicit Doorkeeper(const Options& options) : options_(options) {}

  // Errors: the file of tokens cannot be read, or makes no sense.
  Status open(net::Loop& loop);
  // Null: everybody may come in.
  server::Authenticator* authenticator() const { return authenticator_.get(); }
  // Reads the tokens again. Errors: the old ones stay.
  Status read_again();

 private:
  Result<server::TokenFile> read_tokens() const;

  const Options& options_;
  std::unique_ptr<ChildLauncher> launcher_;
  std::unique_ptr<server::Authenticator> authenticator_;
  server::TokenAuthenticator* tokens_ = nullptr;  // authenticator_, if it is one
};

Result<server::TokenFile> Doorkeeper::read_tokens() const {
  SIO_TRY(const std::string text, cli::read_file(options_.auth_file, server::TokenFile::kMaxBytes));
  return server::TokenFile::parse(text, options_.auth_file);
}

Status Doorkeeper::open(net::Loop& loop) {
  if (!options_.auth_exec.empty()) {
    launcher_ = std::make_unique<ChildLauncher>(loop, options_.auth_exec);
    authenticator_ = std::make_unique<server::CommandAuthenticator>(loop, *launcher_);
  } else if (!options_.auth_file.empty()) {
    auto tokens = read_tokens();
    if (!tokens) return fail_in("--auth-file", tokens.error());
    if (tokens->size() == 0) log(LogLevel::warning, "--auth-file: no token, so nobody comes in");
    auto owned = std::make_unique<server::TokenAuthenticator>(std::move(*tokens));
    tokens_ = owned.get();
    authenticator_ = std::move(owned);
  }
  return {};
}

Status Doorkeeper::read_again() {
  if (tokens_ == nullptr) return {};
  SIO_TRY(server::TokenFile tokens, read_tokens());
  log(LogLevel::info, fmt::format("--auth-file: {} tokens", tokens.size()));
  tokens_->set_tokens(std::move(tokens));
  return {};
}

// The store's way back to the loop's thread.
class LoopExecutor final : public store::Executor {
 public:
  explicit LoopExecutor(net::Loop& loop) : loop_(loop) {}
  void post(std::function<void()> task) override { loop_.post(std::move(task)); }

 private:
  net::Loop& loop_;
};

// The store, and what else is remembered in its place.
class Memory {
 public:
  // References outlive it.
  Memory(const Options& options, const Clock& clock) : options_(options), clock_(clock) {}

  // Errors: the directory cannot be used, or somebody else has it.
  Status open(store::Executor& executor);
  // Makes what was appended durable; the hub is told in a later turn.
  void sync();
  Status close();

  store::Store* store() const { return store_.get(); }
  server::HubMemory for_hub() const {
    return {.groups = groups_.get(),
            .sessions = sessions_.get(),
            .recover_all = options_.recover.has_value()};
  }

 private:
  Status open_directory(store::Executor& executor);
  void open_in_memory();

  const Options& options_;
  const Clock& clock_;
  PosixFs fs_;
  std::unique_ptr<store::Store> store_;
  store::FileStore* file_store_ = nullptr;  // store_, if it is one
  std::unique_ptr<store::Groups> groups_;
  std::unique_ptr<server::Sessions> sessions_;
};

Status Memory::open(store::Executor& executor) {
  if (options_.store == "none") return {};
  if (options_.store != "memory") return open_directory(executor);
  open_in_memory();
  return {};
}

void Memory::open_in_memory() {
  store::MemoryStoreOptions memory;
  if (options_.max_bytes) memory.max_bytes = *options_.max_bytes;
  memory.max_age = to_ms(options_.max_age.value_or(kDefaultMaxAge));
  if (options_.dedupe) memory.dedupe_window = to_ms(*options_.dedupe);
  store_ = std::make_unique<store::MemoryStore>(memory);
  groups_ = std::make_unique<store::Groups>();
  const Duration keep = options_.recover.value_or(kDefaultRecover);
  sessions_ = std::make_unique<server::Sessions>(to_ms(keep).count());
}

Status Memory::open_directory(store::Executor& executor) {
  store::FileStoreOptions file{.directory = options_.store, .sync = options_.sync};
  if (options_.max_bytes) file.retention.max_bytes = *options_.max_bytes;
  file.retention.max_age = to_ms(options_.max_age.value_or(kDefaultMaxAge));
  if (options_.dedupe) file.dedupe_window = to_ms(*options_.dedupe);
  SIO_TRY(auto opened, store::FileStore::open(fs_, &executor, file));
  for (const std::string& note : opened->notes()) log(LogLevel::warning, note);
  file_store_ = opened.get();
  store_ = std::move(opened);
  const std::uint64_t seed = file_store_->seed();
  SIO_TRY(groups_, store::Groups::open(fs_, file_store_, {options_.store, seed}));
  if (groups_->in_doubt())
    log(LogLevel::warning, "the groups' journal was damaged: some records come again");
  const Duration keep = options_.recover.value_or(kDefaultRecover);
  SIO_TRY(sessions_, server::Sessions::open(fs_, file_store_, {options_.store, "sessions", seed},
                                            to_ms(keep).count(), clock_.wall_ms()));
  return {};
}

void Memory::sync() {
  if (file_store_ == nullptr) return;
  if (const Status status = file_store_->sync(); !status)
    log(LogLevel::error, fmt::format("store what was published: {}", status.error().message));
}

Status Memory::close() {
  if (store_ == nullptr) return {};
  SIO_TRY_STATUS(sessions_->sync());
  SIO_TRY_STATUS(groups_->sync());
  // Their last work is done by the store's thread.
  return store_->close();
}

// Everything that runs, from the first listener to the last goodbye. Members are destroyed from
// the last to the first.
class Serving final : public net::SignalHandler, public net::Timer::Handler {
 public:
  explicit Serving(const Options& options)
      : options_(options), memory_(options, clock_), door_(options) {}

  // Errors: something that was asked for cannot be had.
  Status open();
  // Errors: the store's. Behind open().
  Status open_store();
  Status open_server();
  // Errors: an address that cannot be listened on.
  Status listen(Places places);
  // Until a signal; then everything is stored. Errors: it could not be.
  Status run();

 private:
  Status open_policy();
  void read_again();
  void warn_if_open(const net::ListenAddress& address, const std::string& url) const;
  void announce(const std::string& url);
  void reload();
  void on_signal(int signal_number) override;
  void on_timer(net::Timer& timer) override;
  bool is_worth_waiting();
  void close_clients();

  const Options& options_;
  SystemClock clock_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<LoopExecutor> executor_;
  Memory memory_;
  std::unique_ptr<ChildLauncher> launcher_;
  std::unique_ptr<server::AppPolicy> app_;
  std::unique_ptr<server::PubSubPolicy> pubsub_;
  Doorkeeper door_;
  std::unique_ptr<server::AuthPolicy> guarded_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<server::StaticFiles> files_;
  std::unique_ptr<server::HttpDoor> http_door_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<net::HttpServer> admin_;  // null without --admin
  std::unique_ptr<net::ServiceManager> manager_;
  std::string status_;                   // as the manager is told
  std::unique_ptr<net::Timer> goodbye_;  // armed from the first signal on
  server::Lag lag_;                      // of the readers, when one moved on last
  TimePoint lag_until_ = kNever;         // the longest that they are waited for
  TimePoint moved_at_{};
  TimePoint give_up_at_ = kNever;  // set: the clients are being closed
};

Status Serving::open() {
  SIO_TRY(loop_, net::Loop::create({.many_sockets = true, .tls = options_.tls.enabled()}));
  SIO_TRY_STATUS(loop_->watch_signal(SIGTERM, *this));
  SIO_TRY_STATUS(loop_->watch_signal(SIGINT, *this));
  SIO_TRY_STATUS(loop_->watch_signal(SIGHUP, *this));
  manager_ = std::make_unique<net::ServiceManager>(*loop_);
  return door_.open(*loop_);
}

Status Serving::open_store() {
  executor_ = std::make_unique<LoopExecutor>(*loop_);
  return memory_.open(*executor_);
}

Status Serving::open_server() {
  SIO_TRY_STATUS(open_policy());
  if (!options_.files.empty()) {
    SIO_TRY(files_, server::StaticFiles::open(options_.files));
  }
  http_door_ = std::make_unique<server::HttpDoor>(
      *loop_, *server_,
      server::HttpDoor::Options{.authenticator = door_.authenticator(),
                                .files = files_.get(),
                                .has_events = app_ == nullptr});
  SIO_TRY(http_, net::HttpServer::create(*loop_, *http_door_,
                                         {.max_body = options_.server.max_payload,
                                          .max_message = options_.server.max_payload,
                                          .tls = options_.tls}));
  goodbye_ = std::make_unique<net::Timer>(*loop_, *this);
  return {};
}

Status Serving::open_policy() {
  server::Policy* policy = nullptr;
  if (options_.app.empty()) {
    pubsub_ = std::make_unique<server::PubSubPolicy>(options_.pubsub);
    policy = pubsub_.get();
  } else {
    launcher_ = std::make_unique<ChildLauncher>(*loop_, options_.app);
    app_ = std::make_unique<server::AppPolicy>(*loop_, *launcher_);
    policy = app_.get();
  }
  if (door_.authenticator() != nullptr) {
    guarded_ = std::make_unique<server::AuthPolicy>(*policy, *door_.authenticator());
    policy = guarded_.get();
  }
  server_ =
      std::make_unique<server::Server>(*loop_, memory_.store(), clock_, *policy, options_.server,
                                       server::HubLimits(), memory_.for_hub());
  if (pubsub_ != nullptr) pubsub_->set_hub(server_->hub());
  if (guarded_ != nullptr) guarded_->set_server(*server_);
  if (app_ == nullptr) return {};
  app_->set_server(*server_);
  return app_->start();
}

Status Serving::listen(Places places) {
  if (!places.admins.empty()) {
    SIO_TRY(admin_, net::HttpServer::create(*loop_, http_door_->admin(), {.tls = options_.tls}));
  }
  for (const net::ListenAddress& address : places.admins) {
    SIO_TRY(const std::string url, admin_->listen(address));
    log(LogLevel::info, "admin " + url);
  }
  if (!places.sockets.empty() && !options_.addresses.empty())
    log(LogLevel::info, "$LISTEN_FDS names the sockets; the addresses typed are not used");
  for (net::InheritedSocket& socket : places.sockets) {
    const net::ListenAddress address = socket.address;
    SIO_TRY(const std::string url, http_->listen(std::move(socket)));
    warn_if_open(address, url);
    announce(url);
  }
  for (const net::ListenAddress& address : places.addresses) {
    SIO_TRY(const std::string url, http_->listen(address));
    warn_if_open(address, url);
    announce(url);
  }
  return {};
}

void Serving::warn_if_open(const net::ListenAddress& address, const std::string& url) const {
  if (net::is_loopback(address) || options_.tls.enabled()) return;
  log(LogLevel::warning, fmt::format("tokens reach {} unencrypted: add --cert and --key, or put a "
                                     "proxy with TLS in front",
                                     url));
}

void Serving::announce(const std::string& url) {
  status_ += (status_.empty() ? "listening " : " ") + url;
  if (options_.quiet) return;
  if (options_.log_format == "json" || stderr_is_journal()) {
    log(LogLevel::info, "listening " + url);
  } else {
    fmt::print(stderr, "listening {}\n", url);
  }
}

Status Serving::run() {
  manager_->ready(status_);
  loop_->run();
  server_->hub().end_turn();
  return memory_.close();
}

void Serving::read_again() {
  if (const Status status = door_.read_again(); !status)
    return log(LogLevel::error,
               fmt::format("--auth-file: {}; the old tokens stay", status.error().message));
  if (guarded_ == nullptr) return;
  if (const std::size_t closed = guarded_->grants_have_changed(); closed > 0)
    log(LogLevel::info,
        fmt::format("{} connections were closed: their tokens have changed", closed));
}

// What is read again is what new connections get.
void Serving::reload() {
  manager_->reloading();
  Status status = http_->reload_tls();
  if (status && admin_ != nullptr) status = admin_->reload_tls();
  if (!status)
    log(LogLevel::error, status.error().message + "; the one before stays in use");
  else if (options_.tls.enabled())
    log(LogLevel::info, "read the certificates again");
  read_again();
  manager_->ready(status_);
}

// Goodbye in good order; a second signal makes it short.
void Serving::on_signal(int signal_number) {
  const bool is_leaving = goodbye_->armed();
  if (signal_number == SIGHUP) return is_leaving ? void() : reload();
  if (is_leaving) return loop_->stop();
  manager_->stopping(fmt::format("closing {} connections", http_->connections()));
  http_->stop_listening();
  // Publishers hear that what they sent is stored before they are let go.
  server_->hub().commit();
  memory_.sync();
  lag_until_ = loop_->now() + kCatchUpTime;
  goodbye_->arm_in(kGoodbyeStep);
}

void Serving::on_timer(net::Timer& timer) {
  if (give_up_at_ == kNever && !is_worth_waiting()) close_clients();
  if (http_->connections() == 0 || loop_->now() >= give_up_at_) return loop_->stop();
  timer.arm_in(kGoodbyeStep);
}

// What readers that are behind have not got yet is in the store, and some of it may be for those
// only that will not come back.
bool Serving::is_worth_waiting() {
  const TimePoint now = loop_->now();
  const server::Lag lag = server_->hub().lag();
  if (lag != lag_) moved_at_ = now;
  lag_ = lag;
  return lag.readers > 0 && now < lag_until_ && now < moved_at_ + kCatchUpPause;
}

void Serving::close_clients() {
  give_up_at_ = loop_->now() + kGoodbyeTime;
  http_door_->shut_down();
  server_->shut_down();
}

}  // namespace

int serve_main(const cli::Arguments& arguments) {
  Options options;
  cli::CommandLine line("serve", std::string(kAbout));
  describe_queue(line, options);
  describe_behaviour(line, options);
  describe_auth(line, options);
  describe_http(line, options);
  describe_sessions(line, options);
  describe_talk(line, options);
  suggest_values(line);
  if (const auto status = line.parse(arguments)) return *status;
  options.addresses = line.operands();
  if (const Status status = settle(options); !status) return line.complain(status.error().message);
  auto places = find_places(options);
  if (!places) return line.complain(places.error().message);

  if (options.store.empty()) {
    auto store = default_store(places->first());
    if (!store) return line.complain(store.error().message);
    options.store = std::move(*store);
  }

  set_up_log(options);
  Serving serving(options);
  if (const Status status = serving.open(); !status) return line.complain(status.error().message);
  if (const Status status = serving.open_store(); !status) {
    tell(status.error().message, "--store DIR names another place, --store memory needs none");
    return kCannotOpenStore;
  }
  if (const Status status = serving.open_server(); !status)
    return line.complain(status.error().message);
  if (const Status status = serving.listen(std::move(*places)); !status) {
    tell(status.error().message, "name another address, or end who has this one");
    return kCannotListen;
  }
  if (const Status status = serving.run(); !status) {
    log(LogLevel::error, fmt::format("close the store: {}", status.error().message));
    return kStoreNotClosed;
  }
  return 0;
}

}  // namespace sio::cmd

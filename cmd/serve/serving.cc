#include "serve/serving.h"

#include <fmt/format.h>
#include <signal.h>

#include <utility>

#include "base/log.h"

namespace sio::cmd::serve {
namespace {

using namespace std::chrono_literals;

// Goodbye: readers that are behind may catch up as long as one of them moves on; then connections
// have a moment to close.
constexpr Duration kCatchUpTime = 20s;
constexpr Duration kCatchUpPause = 2s;
constexpr Duration kGoodbyeTime = 2s;
constexpr Duration kGoodbyeStep = 10ms;

}  // namespace

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
  if (!options_.admins.empty())
    admin_site_ = std::make_unique<server::AdminSite>(*loop_, *server_, door_.authenticator());
  http_door_ = std::make_unique<server::HttpDoor>(
      *loop_, *server_,
      server::HttpDoor::Options{.authenticator = door_.authenticator(),
                                .files = files_.get(),
                                .admin_site = admin_site_.get(),
                                .has_events = app_ == nullptr});
  SIO_TRY(http_, net::HttpServer::create(
                     *loop_, *http_door_,
                     {.max_body = options_.server.max_payload,
                      .max_message = options_.server.max_payload,
                      .tls = options_.tls,
                      .threads = static_cast<unsigned>(options_.threads.value_or(1))}));
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

Status Serving::join_cluster() {
  if (!options_.cluster_url) return {};
  neighbours_ = std::make_unique<Neighbours>(options_, *loop_, *server_, app_.get());
  return neighbours_->join();
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
  std::size_t closed = guarded_->grants_have_changed();
  if (admin_site_ != nullptr) closed += admin_site_->grants_have_changed();
  if (closed > 0)
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
  if (signal_number == SIGHUP) return is_leaving() ? void() : reload();
  if (is_leaving()) return loop_->stop();
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
  if (admin_site_ != nullptr) admin_site_->shut_down();
}

}  // namespace sio::cmd::serve

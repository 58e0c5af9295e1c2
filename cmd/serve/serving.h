// `sio serve` as it runs: the composition root, the only place that names concrete stores, policies
// and listeners.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/service_manager.h"
#include "serve/doorkeeper.h"
#include "serve/memory.h"
#include "serve/neighbours.h"
#include "serve/options.h"
#include "serve/places.h"
#include "server/admin_site.h"
#include "server/app.h"
#include "server/auth_policy.h"
#include "server/http_door.h"
#include "server/hub.h"
#include "server/pubsub_policy.h"
#include "server/server.h"
#include "server/static_files.h"

namespace sio::cmd::serve {

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
  // Errors: the cluster's. Behind open_server(). May end with is_leaving().
  Status join_cluster();
  // A signal has come already: there is nothing left to do but to run().
  bool is_leaving() const { return goodbye_->armed(); }
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
  std::unique_ptr<Neighbours> neighbours_;  // null without --cluster
  std::unique_ptr<server::StaticFiles> files_;
  std::unique_ptr<server::AdminSite> admin_site_;  // null without --admin
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

}  // namespace sio::cmd::serve

// The options of `sio serve`: what was typed, and what follows from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/redis_url.h"
#include "base/result.h"
#include "cli/command_line.h"
#include "net/address.h"
#include "net/tls.h"
#include "server/pubsub_policy.h"
#include "server/server.h"
#include "store/file_store.h"
#include "store/redis_store.h"

namespace sio::cmd::serve {

// As typed; settle() completes them.
struct Options {
  std::vector<std::string> addresses;
  std::vector<std::string> admins;  // addresses
  net::TlsServerOptions tls;
  std::string files;  // --static

  std::string store;
  std::optional<store::RedisStoreOptions> redis;  // what --store means if it is redis://…
  std::string fsync;
  store::SyncPolicy sync;  // what --fsync means
  std::optional<Duration> max_age;
  std::optional<std::uint64_t> max_bytes;
  std::optional<Duration> dedupe;
  std::optional<Duration> recover;

  std::string relay = "all";
  server::PubSubPolicy::Options pubsub;
  std::string app;
  std::string cluster;
  std::optional<RedisUrl> cluster_url;  // what --cluster means
  std::string auth_file;
  std::string auth_exec;

  server::ServerOptions server;  // what the next ones and some above mean
  std::optional<std::uint64_t> max_payload;
  std::optional<std::uint64_t> max_clients;
  std::optional<std::uint64_t> threads;
  std::optional<Duration> ping_interval;
  std::optional<Duration> ping_timeout;
  std::optional<Duration> connect_timeout;
  std::string parser = "json";

  std::string log_format = "text";
  bool quiet = false;
  int verbose = 0;

  bool asks_who() const { return !auth_file.empty() || !auth_exec.empty(); }
};

// Says to `line` which options there are. It writes to `options` when it parses.
void describe(cli::CommandLine& line, Options& options);
// Checks what was typed and fills in what follows from it. Errors: Errc::usage.
Status settle(Options& options);

// The directory where events are kept for a server whose first address is `first`, or `memory` for
// a port that the system chooses: that is another one each time, so what was kept under it would
// never be found again. Errors: there is no home to keep them in.
Result<std::string> default_store(const net::ListenAddress& first);

}  // namespace sio::cmd::serve

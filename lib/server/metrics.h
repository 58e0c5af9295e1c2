// What a server knows about itself, for people and for monitoring.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.h"
#include "server/hub.h"

namespace sio::server {

struct Stats {
  std::string version;
  std::int64_t uptime_ms = 0;
  std::size_t sessions = 0;  // of Engine.IO
  std::size_t streams = 0;   // requests at the HTTP door that are not over
  std::size_t sockets = 0;   // in namespaces, those of streams included
  std::size_t namespaces = 0;
  std::size_t rooms = 0;
  std::size_t readers_behind = 0;
  std::size_t resident_bytes = 0;
  std::size_t admins = 0;                   // who look on in the admin namespace
  std::uint64_t admin_events_left_out = 0;  // of what they could have been shown
  bool has_store = false;
  std::string store;  // its short name
  store::Seq first = 0;
  store::Seq next = 0;
  store::Seq durable = 0;
  bool store_refuses = false;
  bool has_cluster = false;
  cluster::ClusterFigures cluster;
  struct Group {
    std::string name;
    store::Seq position = 0;
    std::size_t pending = 0;  // handed out, or to be handed out again
    std::size_t members = 0;
  };
  std::vector<Group> groups;
};

// The hub's part; the rest is the caller's.
Stats stats_of(const Hub& hub);

std::string stats_json(const Stats& stats);
// The text format of Prometheus, version 0.0.4.
std::string stats_metrics(const Stats& stats);

}  // namespace sio::server

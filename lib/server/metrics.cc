#include "server/metrics.h"

#include <fmt/format.h>

#include "proto/json_text.h"
#include "server/cluster_node.h"
#include "server/namespace.h"

namespace sio::server {
namespace {

// One family of the text format.
class MetricsWriter {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                   type);
  }
  void value(std::uint64_t value) { text_ += fmt::format("{} {}\n", name_, value); }
  void value(std::string_view label, std::string_view of, std::uint64_t value) {
    text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name_, label, escaped(of), value);
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t number) {
    family(name, "counter", help);
    value(number);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t number) {
    family(name, "gauge", help);
    value(number);
  }
  std::string take() { return std::move(text_); }

 private:
  static std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '\\' || c == '"') out += '\\';
      c == '\n' ? out += "\\n" : out += c;
    }
    return out;
  }

  std::string text_;
  std::string_view name_;
};

std::uint64_t behind(const Stats& stats, const Stats::Group& group) {
  return stats.next > group.position ? stats.next - group.position : 0;
}

void add_cluster(MetricsWriter& out, const cluster::ClusterFigures& cluster) {
  out.gauge("sio_cluster_connected", "1 if other servers hear of this one, 0 if it is alone",
            cluster.connected ? 1 : 0);
  out.counter("sio_cluster_sent_total", "Messages to other servers", cluster.sent);
  out.counter("sio_cluster_received_total", "Messages of other servers", cluster.received);
  out.counter("sio_cluster_not_sent_total",
              "Messages lost because Redis was away, slow or unwilling", cluster.not_sent);
  out.counter("sio_cluster_malformed_total", "Messages that made no sense", cluster.malformed);
  out.counter("sio_cluster_connections_lost_total", "Times that Redis went away",
              cluster.connections);
}

}  // namespace

Stats stats_of(const Hub& hub) {
  Stats stats{.sockets = hub.socket_count()};
  hub.for_each_namespace([&](const Namespace& ns) {
    ++stats.namespaces;
    stats.rooms += ns.rooms.size();
  });
  stats.readers_behind = hub.lag().readers;
  stats.store_refuses = hub.store_refuses();
  if (const store::Store* store = hub.store(); store != nullptr) {
    stats.has_store = true;
    stats.store = store->name();
    stats.first = store->bounds().first;
    stats.next = store->bounds().next;
    stats.durable = store->durable();
  }
  if (hub.cluster() != nullptr) {
    stats.has_cluster = true;
    stats.cluster = hub.cluster()->figures();
  }
  if (hub.groups() == nullptr) return stats;
  for (const std::string& name : hub.groups()->names()) {
    const store::Group& group = *hub.groups()->find(name);
    stats.groups.push_back(
        {name, group.position(), group.pending(), hub.group_dispatch().members_of(name)});
  }
  return stats;
}

std::string stats_json(const Stats& stats) {
  std::string out = fmt::format(
      R"({{"version":"{}","uptime":{:.3f},"sessions":{},"streams":{},"sockets":{},"namespaces":{},)"
      R"("rooms":{},"readers_behind":{},"resident_bytes":{})",
      stats.version, static_cast<double>(stats.uptime_ms) / 1000, stats.sessions, stats.streams,
      stats.sockets, stats.namespaces, stats.rooms, stats.readers_behind, stats.resident_bytes);
  if (stats.has_store)
    out +=
        fmt::format(R"(,"store":{{"name":"{}","first":{},"next":{},"durable":{},"writable":{}}})",
                    stats.store, stats.first, stats.next, stats.durable, !stats.store_refuses);
  if (stats.has_cluster)
    out += fmt::format(
        R"(,"cluster":{{"connected":{},"sent":{},"received":{},"not_sent":{},"malformed":{},)"
        R"("connections_lost":{}}})",
        stats.cluster.connected, stats.cluster.sent, stats.cluster.received, stats.cluster.not_sent,
        stats.cluster.malformed, stats.cluster.connections);
  out += ",\"groups\":[";
  for (const Stats::Group& group : stats.groups) {
    if (out.back() != '[') out += ',';
    out += "{\"name\":";
    proto::append_json_string(out, group.name);
    out += fmt::format(R"(,"position":{},"behind":{},"pending":{},"members":{}}})", group.position,
                       behind(stats, group), group.pending, group.members);
  }
  return out + "]}";
}

std::string stats_metrics(const Stats& stats) {
  MetricsWriter out;
  out.family("sio_build_info", "gauge", "Always 1");
  out.value("version", stats.version, 1);
  out.gauge("sio_uptime_seconds", "Since the server was started",
            static_cast<std::uint64_t>(stats.uptime_ms / 1000));
  out.gauge("sio_sessions", "Engine.IO sessions", stats.sessions);
  out.gauge("sio_http_streams", "Requests at the HTTP door that are not over", stats.streams);
  out.gauge("sio_sockets", "Clients in namespaces", stats.sockets);
  out.gauge("sio_namespaces", "Namespaces with somebody in them", stats.namespaces);
  out.gauge("sio_rooms", "Rooms with somebody in them", stats.rooms);
  out.gauge("sio_readers_behind", "Clients that read from the queue, not live",
            stats.readers_behind);
  out.gauge("process_resident_memory_bytes", "Resident memory", stats.resident_bytes);
  out.gauge("sio_admins", "Those who look on in the admin namespace", stats.admins);
  out.family("sio_admin_events_left_out_total", "counter",
             "Copies of events that those who look on were not sent");
  out.value(stats.admin_events_left_out);
  if (stats.has_store) {
    out.family("sio_events_stored_total", "counter", "Events stored, ever");
    out.value(stats.next - 1);
    out.gauge("sio_queue_events", "Events that the queue holds", stats.next - stats.first);
    out.gauge("sio_queue_not_durable", "Events that a power loss would lose",
              stats.next - 1 - std::min(stats.durable, stats.next - 1));
    out.gauge("sio_queue_writable", "1 if events are stored, 0 if the store refuses them",
              stats.store_refuses ? 0 : 1);
  }
  if (stats.has_cluster) add_cluster(out, stats.cluster);
  if (stats.groups.empty()) return out.take();
  out.family("sio_group_behind", "gauge", "Records that a group has not been handed out");
  for (const Stats::Group& group : stats.groups)
    out.value("group", group.name, behind(stats, group));
  out.family("sio_group_pending", "gauge", "Records handed out and not acknowledged");
  for (const Stats::Group& group : stats.groups) out.value("group", group.name, group.pending);
  out.family("sio_group_members", "gauge", "Members of a group");
  for (const Stats::Group& group : stats.groups) out.value("group", group.name, group.members);
  return out.take();
}

}  // namespace sio::server

#include "serve/neighbours.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "cluster/redis_cluster.h"
#include "proto/glob.h"

namespace sio::cmd::serve {
namespace {

std::string parameter_or(const RedisUrl& url, std::string_view name, std::string_view otherwise) {
  const std::string* value = url.parameter(name);
  return value == nullptr ? std::string(otherwise) : *value;
}

bool wants_stream(const RedisUrl& url) {
  return parameter_or(url, "adapter", "pubsub") == "streams";
}

std::unique_ptr<cluster::Cluster> make_cluster(net::Loop& loop, const RedisUrl& url, bool asks) {
  std::string key = parameter_or(url, "key", "socket.io");
  std::string stream = parameter_or(url, "stream", "socket.io");
  return std::make_unique<cluster::RedisCluster>(
      loop, cluster::RedisCluster::Options{
                .url = url,
                .dialect = wants_stream(url)
                               ? cluster::make_streams_dialect(std::move(key), std::move(stream))
                               : cluster::make_pubsub_dialect(std::move(key)),
                .asks = asks});
}

// Those that are known before anybody asks for them.
std::vector<std::string> kept_namespaces(const std::vector<std::string>& globs) {
  std::vector<std::string> names;
  if (globs.empty()) names.emplace_back("/");
  for (const std::string& glob : globs)
    if (proto::glob_match(glob, "/")) names.emplace_back("/");
  for (const std::string& glob : globs)
    if (glob.find_first_of("*?[\\") == std::string::npos && glob != "/") names.push_back(glob);
  return names;
}

}  // namespace

Neighbours::Neighbours(const Options& options, net::Loop& loop, server::Server& server,
                       server::AppPolicy* app)
    : loop_(loop),
      cluster_(make_cluster(loop, *options.cluster_url, app != nullptr)),
      node_(std::make_unique<server::ClusterNode>(loop, server, *cluster_,
                                                  kept_namespaces(options.server.namespaces))) {
  if (app != nullptr) node_->set_answer_listener(*app);
}

Status Neighbours::join() {
  node_->start(*this);
  loop_.run();
  return outcome_;
}

void Neighbours::on_cluster_joined() {
  loop_.stop();
}

void Neighbours::on_cluster_refused(const Error& why) {
  outcome_ = tl::unexpected(why);
  loop_.stop();
}

}  // namespace sio::cmd::serve

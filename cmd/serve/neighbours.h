// The other servers, as `--cluster` says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/redis_url.h"
#include "base/result.h"
#include "cluster/cluster.h"
#include "net/loop.h"
#include "serve/options.h"
#include "server/app.h"
#include "server/cluster_node.h"
#include "server/server.h"

namespace sio::cmd::serve {

class Neighbours final : private server::ClusterListener {
 public:
  // `options` and what follows outlive it. `app` may be null.
  Neighbours(const Options& options, net::Loop& loop, server::Server& server,
             server::AppPolicy* app);

  // Runs the loop until this server is a node of the cluster, or a signal stops it. Errors: it
  // cannot be.
  Status join();

 private:
  void on_cluster_joined() override;
  void on_cluster_refused(const Error& why) override;

  net::Loop& loop_;
  Status outcome_;
  std::unique_ptr<cluster::Cluster> cluster_;
  std::unique_ptr<server::ClusterNode> node_;
};

}  // namespace sio::cmd::serve

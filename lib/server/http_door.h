// Everything that a server answers over plain HTTP beside Engine.IO:
//
//   POST /sio/emit/EVENT   http_emit.h          GET /healthz   200 as long as the server answers
//   GET  /sio/events       event_stream.h       GET /readyz    200 when it takes events, else 503
//   GET  /sio/stats        as JSON              GET /metrics   for Prometheus
//   GET  any other         a file, with --static
//   GET  /socket.io/socket.io.js and its like: the official client for pages, beside Engine.IO,
//        which has all the rest of its path
//
// Events are for whoever the authenticator lets in. What the server tells of itself goes to this
// machine only; over an address that others can reach, or when there is an authenticator and it is
// not asked for on an admin address, to whoever may read everything in the namespace `/`.
//
// A page of another origin may not publish unless --cors names its origin: a browser asks nobody
// before it posts text.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "server/admin_site.h"
#include "server/event_stream.h"
#include "server/http_emit.h"
#include "server/metrics.h"
#include "server/server.h"
#include "server/static_files.h"
#include "server/visit.h"

namespace sio::server {

// Loop thread only. Everything that it is given outlives it. Destroy the HTTP servers that have its
// handlers first.
class HttpDoor final : public net::HttpHandler {
 public:
  struct Options {
    Authenticator* authenticator = nullptr;  // null: everybody may do everything
    const StaticFiles* files = nullptr;      // null: none
    AdminSite* admin_site = nullptr;         // null: an admin address only tells
    bool has_events = true;                  // emit and events; not with an application
  };
  HttpDoor(net::Loop& loop, Server& server, const Options& options);
  ~HttpDoor() override;

  // The handler for an admin address: what the server tells of itself, and the admin site.
  net::HttpHandler& admin() { return admin_; }
  // Ends streams so that their clients come back; refuses new ones from now on.
  void shut_down();

  void on_request(net::HttpExchange& exchange) override;
  net::UpgradeAnswer on_upgrade(const net::HttpRequest& request) override {
    return server_.handler().on_upgrade(request);
  }

 private:
  class Admin final : public net::HttpHandler {
   public:
    explicit Admin(HttpDoor& door) : door_(door) {}
    void on_request(net::HttpExchange& exchange) override;
    net::UpgradeAnswer on_upgrade(const net::HttpRequest& request) override;

   private:
    HttpDoor& door_;
  };
  class TellVisit;

  bool is_alone() const;
  bool tell(net::HttpExchange& exchange, std::string_view path, bool is_admin);
  net::HttpResponse report(std::string_view path) const;
  bool give_client(net::HttpExchange& exchange);
  void route(net::HttpExchange& exchange, std::string_view path);

  Server& server_;
  Options options_;
  DoorContext context_;
  Admin admin_{*this};
  std::int64_t started_ms_;
  bool shutting_down_ = false;
};

}  // namespace sio::server

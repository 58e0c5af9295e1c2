// The connections of an HTTP server that belong to one loop.
#pragma once

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "net/http_connection.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/tls_context.h"

namespace sio::net {

// Loop thread only, but may be made and destroyed while the loop does not run. The loop and the
// handler outlive it. Destroying it drops its connections as ~HttpServer() does.
class HttpIntake {
 public:
  // Errors: the TLS files.
  static Result<std::unique_ptr<HttpIntake>> create(Loop& loop, HttpHandler& handler,
                                                    const HttpServerOptions& options);

  void adopt(Accepted accepted);
  Status reload_tls();
  // TLS sessions that began with either of two go on with the other. Before there are any.
  void share_sessions(HttpIntake& other);
  std::size_t connections() const { return service_.connections.size(); }
  bool secure() const { return service_.secure; }

 private:
  HttpIntake(Loop& loop, HttpHandler& handler, const HttpServerOptions& options);
  Status load_tls();

  SslContext unused_;
  HttpService service_;
  TlsServerOptions tls_;
  ssl_ctx_st* context_ = nullptr;  // libwebsockets', as long as the loop
};

}  // namespace sio::net

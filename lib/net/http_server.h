// Listens, answers HTTP/1.1 and upgrades to WebSocket.
//
// Handled here, so that nobody above has to know: keep-alive, pipelining, one connection per
// request, held requests of any length, Expect: 100-continue, refused h2c, header and body limits,
// WebSocket framing rules (1002, 1007 is left to the reader, 1009).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/service_manager.h"
#include "net/tls.h"

namespace sio::net {

struct HttpServerOptions {
  std::size_t max_body = 1'000'000;     // bytes of a request body; larger: 413
  std::size_t max_message = 1'000'000;  // bytes of a WebSocket message; larger: closed with 1009
  TlsServerOptions tls;                 // empty: plain
  // Above 1: as many threads have the connections, each with a loop of its own (threaded_server.h);
  // for whoever uses the server it is the same. 1: the loop itself has them.
  unsigned threads = 1;
};

// Loop thread only. The loop and the handler outlive it. Destroying it drops its connections, open
// transports and exchanges included; no event follows. Not from inside one of its events.
class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> create(Loop& loop, HttpHandler& handler,
                                                    HttpServerOptions options);
  virtual ~HttpServer() = default;

  // Binds and listens. Returns the URL people would type, with the real port:
  // "http://127.0.0.1:3000", "unix:/run/sio.sock". Errors: Errc::io with address and cause. A stale
  // unix socket that nobody listens on is replaced; a live one is an error.
  virtual Result<std::string> listen(const ListenAddress& address) = 0;
  // The same on a socket that listens already; its path is not removed at the end.
  virtual Result<std::string> listen(InheritedSocket socket) = 0;
  // Reads the TLS files again, for connections from now on. Errors: what is wrong with them; then
  // everything stays as it was.
  virtual Status reload_tls() = 0;
  // Stops accepting; connections go on. Unix sockets are unlinked.
  virtual void stop_listening() = 0;
  virtual std::size_t connections() const = 0;
};

}  // namespace sio::net

// An HTTP server whose connections live on threads of their own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/remote.h"

namespace sio::net {

// The loop it was made with, home, accepts connections and gives them to the workers in turn. A
// worker reads and writes them, with TLS, HTTP and WebSocket frames, and home does all the rest:
// its handler sees requests and transports as with any HttpServer, on its own thread, and need not
// know. What that costs it:
//  - A client is slow when the kernel does not take what it is sent; that it is so is known only a
//    moment later. In that moment home sends at most kAhead bytes more.
//  - A peer that ends, or breaks the rules, right behind a message may be closed before what home
//    answers to that message has come.
//  - An upgrade that home has no answer to within 5 s is answered with 503.
//
// Home thread only.
class ThreadedServer final : public HttpServer, private ListenerEvents, private HomeEvents {
 public:
  // Starts the threads. Signals that a loop watches must be watched before.
  static Result<std::unique_ptr<HttpServer>> create(Loop& loop, HttpHandler& handler,
                                                    const HttpServerOptions& options);
  // The workers do first what they have been told to.
  ~ThreadedServer() override;

  Result<std::string> listen(const ListenAddress& address) override;
  Result<std::string> listen(InheritedSocket socket) override;
  Status reload_tls() override;
  void stop_listening() override { listeners_.close(); }
  std::size_t connections() const override;

 private:
  ThreadedServer(Loop& loop, const HttpServerOptions& options);

  void on_accepted(Accepted accepted) override;
  void on_news() override;
  void on_sent() override;
  bool is_ahead_still();

  HttpServerOptions options_;
  Listeners listeners_;
  std::vector<std::unique_ptr<HomeEnd>> workers_;
  std::size_t next_ = 0;   // who gets the next connection
  bool is_ahead_ = false;  // of some worker: nothing is taken from any
};

}  // namespace sio::net

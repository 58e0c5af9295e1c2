// The seam between the HTTP server and those who answer requests. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/transport.h"

namespace sio::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The head of a request. Valid as long as its exchange.
class HttpRequest {
 public:
  virtual ~HttpRequest() = default;
  virtual std::string_view method() const = 0;  // "GET"
  // Path and query, "/socket.io/?EIO=4". They mean what was sent, but need not be written like it:
  // "/a//./%62?c=+" reads "/a/b?c=%20".
  virtual std::string_view target() const = 0;
  // The value of a header, any case; "" when absent. Repeated headers are joined with ", ".
  virtual std::string_view header(std::string_view name) const = 0;
  // All headers that can be found, names in lower case (what a handshake object shows to an
  // application). Before libwebsockets 4.3 an unusual one may be missing when the head came in
  // pieces or while another was answered, and later than in on_request() and on_upgrade(); header()
  // finds it.
  virtual const HttpHeaders& headers() const = 0;
  virtual std::string_view peer_address() const = 0;  // "127.0.0.1", "::1"; "" for unix sockets
  virtual bool secure() const = 0;                    // TLS
  // Whether it came over a unix socket or to a loopback address: from this machine, be it through a
  // proxy.
  virtual bool is_local() const = 0;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  // Content-Length is added; Content-Type is the caller's
  std::string body;
};

// Who feeds a streamed answer. Outlives the stream.
class HttpStreamEvents {
 public:
  virtual ~HttpStreamEvents() = default;
  // backlog() has fallen to the mark of set_drain_mark().
  virtual void on_drained() = 0;
  // The client went away; the stream is invalid when this returns. Last. Not behind end().
  virtual void on_closed() = 0;
};

// An answer that is sent piece by piece. It belongs to net and lives until on_closed() or end().
// No member calls back before it returns.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // Queues bytes of the body; they go out at the end of the turn. Never fails and never blocks.
  virtual void write(std::string_view bytes) = 0;
  // Bytes that were written and that the kernel has not taken yet.
  virtual std::size_t backlog() const = 0;
  // The part of it that the kernel has refused, as in Transport.
  virtual std::size_t waiting() const { return backlog(); }
  // Asks for one on_drained() when backlog() is at most `bytes`. A later call replaces the earlier.
  virtual void set_drain_mark(std::size_t bytes) = 0;
  // Breaks the connection off, so that the client knows that there should be more. The stream is
  // invalid when this returns, and on_closed() is not called.
  virtual void abort() = 0;
  // The body is complete; the rest of it goes out by itself. The stream is invalid when this
  // returns. An end that comes before as many bytes as were promised breaks the connection off.
  virtual void end() = 0;
};

class HttpExchange;

// Who waits for the rest of an exchange. Outlives the exchange or detaches with set_observer(null).
class HttpObserver {
 public:
  virtual ~HttpObserver() = default;
  // The whole body of a request that has one. The exchange can be answered from here on or later.
  virtual void on_body(HttpExchange& exchange, std::string body) = 0;
  // The client went away before the exchange was answered (or in the middle of its body), or let
  // its body wait for too long (it is answered with 408); the exchange is invalid when this
  // returns. A client that only ends its sending side counts as gone.
  virtual void on_aborted(HttpExchange& exchange) = 0;
};

// One request and its answer. Lives until it was answered, destroyed or aborted.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual const HttpRequest& request() const = 0;
  // True while a request body is still to come: answering before it came also closes the
  // connection.
  virtual bool expects_body() const = 0;
  virtual void set_observer(HttpObserver* observer) = 0;
  // Sends the answer, now or hours later; the exchange is invalid when this returns. The connection
  // is kept for the next request if the client wants that.
  virtual void respond(HttpResponse response) = 0;
  // Begins an answer whose body follows; the exchange is invalid when this returns. `response` has
  // no body. `length` is that of the body, if it is known; otherwise the body ends with end(). No
  // body may be expected any more. Of an answer to HEAD the body is dropped.
  virtual HttpStream& stream(HttpResponse response, HttpStreamEvents& events,
                             std::optional<std::uint64_t> length = {}) = 0;
  // Breaks the connection without an answer; the exchange is invalid when this returns, and
  // on_aborted() is not called.
  virtual void destroy() = 0;
};

// What to do with a WebSocket upgrade.
struct UpgradeAccept {
  TransportEvents* events = nullptr;  // on_open() follows
  HttpHeaders headers;                // added to the 101
};
using UpgradeAnswer = std::variant<UpgradeAccept, HttpResponse>;  // HttpResponse: refused, no 101

// Who serves. One for all listeners; outlives the server.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // The head of a request has arrived. Answer at once, or set an observer and answer later. A body
  // larger than HttpServerOptions::max_body is answered with 413 by the server itself, and one that
  // is chunked, or a POST, PUT or PATCH without a Content-Length, with 411.
  virtual void on_request(HttpExchange& exchange) = 0;
  virtual UpgradeAnswer on_upgrade(const HttpRequest& request) = 0;
};

}  // namespace sio::net

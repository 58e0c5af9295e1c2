// Outgoing connections: WebSocket and plain HTTP requests. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/proxy.h"
#include "net/tls.h"
#include "net/transport.h"

namespace sio::net {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  std::string unix_path;  // not empty: instead of host and port
};

// Which step of connecting did not work: the difference between exit statuses, and what to tell.
enum class ConnectStage { dns, tcp, proxy, tls, http, timeout };

// What was seen of a failure, where that says what to change.
enum class Symptom {
  none,
  closed,         // the peer closed the connection without a word
  not_http,       // it answers, but not by HTTP
  speaks_tls,     // it answers a plain request by TLS
  speaks_plain,   // it answers TLS with something else
  untrusted,      // certificate: signed by nobody that is trusted
  expired,        // certificate: its time is over, or has not come yet
  wrong_name,     // certificate: of another host
  wants_our_own,  // it may want a certificate of ours
};

struct ConnectFailure {
  ConnectStage stage = ConnectStage::tcp;
  ProxyProblem proxy = ProxyProblem::none;  // stage proxy: what it was
  int proxy_status = 0;  // stage proxy: the status of its HTTP answer, or its SOCKS reply (0: none)
  int http_status = 0;   // stage http: what the server answered instead of 101 (0: not HTTP)
  std::string http_body;  // what of it came with the head, at most 4 KiB
  std::string message;    // for people, with address: "connect 127.0.0.1:3000: Connection refused"
  std::string location = {};                   // stage http: where an answer redirects to
  ConnectStage waited_in = ConnectStage::tcp;  // stage timeout: which one took too long
  int error_number = 0;                        // stage tcp: errno
  Symptom symptom = Symptom::none;
};

// A stage of connecting that has succeeded, and what was seen on it.
struct StageDone {
  ConnectStage stage = ConnectStage::dns;
  Duration took{0};
  std::vector<std::string> addresses = {};  // dns
  std::string peer = {};                    // tcp: "127.0.0.1:3000"; proxy: its URL
  TlsFacts tls = {};                        // tls
  int http_status = 0;                      // http
  std::string http_server = {};             // http: what the answer calls its server
};

// Told of every connection that a connector makes, for those who want to know where the time goes.
class ConnectWatcher {
 public:
  virtual ~ConnectWatcher() = default;
  virtual void on_stage_done(const StageDone& done) = 0;
};

// Hears what is asked by HTTP and what is answered, for people.
class HttpTrace {
 public:
  virtual ~HttpTrace() = default;
  // "GET /x HTTP/1.1\r\nHost: h\r\n", without the empty line; as it is on the wire.
  virtual void on_request(std::string_view head) = 0;
  // Names in lower case, as far as they are known; of several with the same name only the first.
  virtual void on_response(int status, const HttpHeaders& headers) = 0;
};

struct ConnectorOptions {
  TlsClientOptions tls;
  std::optional<Proxy> proxy;  // for every endpoint that is no unix socket
  // Up to the open WebSocket; for a request, until its connection stands.
  Duration connect_timeout = std::chrono::seconds(20);
  std::size_t max_message = 256u << 20;
  ConnectWatcher* watcher = nullptr;  // outlives the connector; null: nobody, and nothing is timed
  HttpTrace* trace = nullptr;         // outlives the connector
};

// How a WebSocket connection begins. on_failed() instead of TransportEvents::on_open/on_closed.
class WebSocketEvents : public TransportEvents {
 public:
  // The handshake did not succeed. Nothing else is called.
  virtual void on_failed(const ConnectFailure& failure) = 0;
};

class HttpResponseEvents {
 public:
  virtual ~HttpResponseEvents() = default;
  // The whole response, any status; at most max_message bytes of body.
  virtual void on_response(HttpResponse response) = 0;
  virtual void on_failed(const ConnectFailure& failure) = 0;
};

// An HTTP request under way. Destroying it cancels: no event follows.
class HttpCall {
 public:
  virtual ~HttpCall() = default;
};

// Destroying it ends everything that was begun with it, open transports included; no event follows.
class Connector {
 public:
  // The loop outlives it. Errors: a TLS file that cannot be read.
  static Result<std::unique_ptr<Connector>> create(Loop& loop, ConnectorOptions options);
  virtual ~Connector() = default;

  // Opens a WebSocket on `target` ("/socket.io/?EIO=4&transport=websocket"). `events` outlives the
  // attempt and the transport. Returns a handle whose destruction before on_open() cancels the
  // attempt silently; after on_open() it does nothing.
  class Attempt {
   public:
    virtual ~Attempt() = default;
  };
  virtual std::unique_ptr<Attempt> open_websocket(const Endpoint& endpoint, std::string target,
                                                  HttpHeaders headers, WebSocketEvents& events) = 0;

  // One HTTP/1.1 request on a connection of its own, answered whole. No timeout once the connection
  // stands (a long poll may take minutes): the caller has its own timer. Redirects are not
  // followed.
  virtual std::unique_ptr<HttpCall> request(const Endpoint& endpoint, std::string method,
                                            std::string target, HttpHeaders headers,
                                            std::string body, HttpResponseEvents& events) = 0;
};

}  // namespace sio::net

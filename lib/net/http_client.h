// The two things that begin with an HTTP request: a WebSocket and a plain exchange. Loop thread
// only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/client_link.h"
#include "net/connector.h"
#include "net/http_parser.h"
#include "net/severable.h"

namespace sio::net {

// Connections that stand and have nothing to do, for the next request to the same endpoint.
class IdlePool {
 public:
  IdlePool();
  ~IdlePool();
  IdlePool(const IdlePool&) = delete;
  IdlePool& operator=(const IdlePool&) = delete;

  void put(const Endpoint& endpoint, Stream& stream);
  // Null if there is none.
  Stream* take(const Endpoint& endpoint);

 private:
  class Idle;
  void forget(Idle& idle);
  std::vector<std::unique_ptr<Idle>> idle_;
};

// What the requests of a connector share.
struct ClientService {
  Loop& loop;
  ConnectorOptions options;
  std::unique_ptr<TlsContext> tls;  // made when first needed
  IdlePool idle;
  SeverList connections;
};

// Asks for a WebSocket. Belongs to itself until it has succeeded or failed; cancel() before that.
class WsOpening final : public Severable,
                        public LinkEvents,
                        public StreamEvents,
                        public Timer::Handler,
                        public Deferred {
 public:
  class Handle;

  WsOpening(ClientService& service, const Endpoint& endpoint, std::string target,
            HttpHeaders headers, WebSocketEvents& events);
  std::unique_ptr<Connector::Attempt> start();
  void sever() override;

 private:
  ~WsOpening() override;

  void on_linked(Stream& stream) override;
  void on_link_failed(ConnectFailure failure) override;
  void on_stream_bytes(char* data, std::size_t size) override;
  void on_stream_closed(const StreamEnd& end) override;
  void on_timer(Timer& timer) override;
  void run_deferred() override;

  void send_request();
  void read_answer();
  void judge(const StatusHead& head);
  void read_refusal();
  void become_websocket();
  void fail_http(std::string what);
  void fail(ConnectFailure failure);

  ClientService& service_;
  Endpoint endpoint_;
  std::string target_;
  HttpHeaders headers_;
  WebSocketEvents& events_;
  Handle* handle_ = nullptr;
  std::string key_;
  std::unique_ptr<ClientLink> link_;
  Stream* stream_ = nullptr;
  Timer timer_;
  std::string input_;
  std::optional<BodyReader> refusal_body_;
  ConnectFailure failure_;
  bool failed_ = false;
};

// One request and its answer. Belongs to itself until it has succeeded or failed.
class HttpRun final : public Severable,
                      public LinkEvents,
                      public StreamEvents,
                      public Timer::Handler,
                      public Deferred {
 public:
  class Handle;
  struct Request {
    Endpoint endpoint;
    std::string method;
    std::string target;
    HttpHeaders headers;
    std::string body;
  };

  HttpRun(ClientService& service, Request request, HttpResponseEvents& events);
  std::unique_ptr<HttpCall> start();
  void sever() override;

 private:
  ~HttpRun() override;

  void on_linked(Stream& stream) override;
  void on_link_failed(ConnectFailure failure) override;
  void on_stream_bytes(char* data, std::size_t size) override;
  void on_stream_closed(const StreamEnd& end) override;
  void on_timer(Timer& timer) override;
  void run_deferred() override;

  void dial();
  void send_request(Stream& stream);
  void read_answer();
  void finish();
  void fail_http(std::string what);
  void fail(ConnectFailure failure);

  ClientService& service_;
  Request request_;
  HttpResponseEvents& events_;
  Handle* handle_ = nullptr;
  std::unique_ptr<ClientLink> link_;
  Stream* stream_ = nullptr;
  Timer timer_;
  std::string input_;
  std::optional<StatusHead> head_;
  std::optional<BodyReader> body_;
  ConnectFailure failure_;
  bool reused_ = false;  // the connection has served before: it may have been closed meanwhile
  bool failed_ = false;
};

}  // namespace sio::net

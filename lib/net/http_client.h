// The two things that begin with an HTTP request: a WebSocket and a plain exchange. Loop thread
// only.
#pragma once

#include <memory>
#include <string>

#include "net/client_exchange.h"
#include "net/connector.h"

namespace sio::net {

// Asks for a WebSocket.
class WsOpening final : public ClientExchange {
 public:
  static std::unique_ptr<Connector::Attempt> begin(ClientService& service, ClientRequest request,
                                                   WebSocketEvents& events);

 private:
  using ClientExchange::ClientExchange;

  void on_requested() override {}
  int on_reply(int reason, void* in, std::size_t size) override;
  void on_no_reply(const std::string& why) override;
  void tell(ConnectFailure failure) override;
  void tell_success() override {}

  int judge();
  void become_websocket();

  WebSocketEvents* events_ = nullptr;
  int status_ = 0;
  std::string refusal_;  // the beginning of its body
  std::string location_;
};

// One request and its answer, on a connection of its own: libwebsockets would send the next request
// on the same one only behind the answer to the first, which for a long poll may take minutes.
class HttpRun final : public ClientExchange {
 public:
  static std::unique_ptr<HttpCall> begin(ClientService& service, ClientRequest request,
                                         HttpResponseEvents& events);

 private:
  using ClientExchange::ClientExchange;

  void on_requested() override { wait_forever(); }
  int on_reply(int reason, void* in, std::size_t size) override;
  void on_no_reply(const std::string& why) override;
  void tell(ConnectFailure failure) override;
  void tell_success() override;

  int send_body();
  int on_head();
  int read_body();
  int on_body(std::string_view bytes);
  void fail_http(const std::string& what, Symptom symptom = Symptom::none);

  HttpResponseEvents* events_ = nullptr;
  HttpResponse response_;
  bool chunked_ = false;
  bool answered_ = false;  // the head has come
  bool reading_ = false;   // inside lws_http_client_read()
  bool complete_ = false;
};

}  // namespace sio::net

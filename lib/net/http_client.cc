#include "net/http_client.h"

#include <libwebsockets.h>

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "net/http_message.h"
#include "net/lws_head.h"
#include "net/ws_connection.h"

namespace sio::net {
namespace {

constexpr std::size_t kMaxRefusalBody = 4096;
constexpr std::size_t kReadSize = 16 * 1024;

// What libwebsockets' words for a handshake that failed mean.
std::string no_reply_text(const std::string& why, int status, Symptom heard) {
  if (why.find("Accept hash wrong") != std::string::npos)
    return "answered 101 with a wrong Sec-WebSocket-Accept";
  if (status == 101) return "answered 101, but does not open a WebSocket (" + why + ")";
  switch (heard) {
    case Symptom::closed:
      return "closed the connection without an answer";
    case Symptom::speaks_tls:
      return "speaks TLS";
    default:
      return "does not speak HTTP";
  }
}

bool is_bodiless(std::string_view method, int status) {
  return method == "HEAD" || status == 204 || status == 304;
}

template <typename Interface>
class CallHandle final : public Interface {
 public:
  explicit CallHandle(ClientExchange& exchange) : handle_(exchange) {}

 private:
  ClientExchange::Handle handle_;
};

}  // namespace

// --- WsOpening

std::unique_ptr<Connector::Attempt> WsOpening::begin(ClientService& service, ClientRequest request,
                                                     WebSocketEvents& events) {
  auto* opening = new WsOpening(service, std::move(request));
  opening->events_ = &events;
  auto handle = std::make_unique<CallHandle<Connector::Attempt>>(*opening);
  opening->start();
  return handle;
}

int WsOpening::on_reply(int reason, void* in, std::size_t size) {
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
      return judge();
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
      refusal_.append(static_cast<const char*>(in), size);
      return 0;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
      return -1;  // not for another request
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      become_websocket();
      return 0;
    default:
      return 0;
  }
}

// The body of a refusal says why. libwebsockets hands over what of it has come with the head, which
// is all of a short one; it waits for no more.
int WsOpening::judge() {
  status_ = static_cast<int>(lws_http_client_http_response(wsi_));
  head_came(status_);
  if (status_ == 101) return 0;
  location_ = header_value(read_known_headers(wsi_), "location");
  std::array<char, LWS_PRE + kMaxRefusalBody> buffer;
  char* data = buffer.data() + LWS_PRE;
  int size = kMaxRefusalBody;
  lws_http_client_read(wsi_, &data, &size);
  return -1;
}

void WsOpening::on_no_reply(const std::string& why) {
  ConnectFailure failure{.stage = ConnectStage::http, .http_status = status_};
  failure.http_body = refusal_.substr(0, kMaxRefusalBody);
  failure.location = location_;
  if (status_ == 0) failure.symptom = heard();
  const std::string what = status_ == 0 || status_ == 101
                               ? no_reply_text(why, status_, heard())
                               : fmt::format("answered {} {} instead of opening a WebSocket",
                                             status_, reason_phrase(status_));
  failure.message = fmt::format("{}: {}", where_text(request_.endpoint), what);
  fail(std::move(failure));
}

void WsOpening::become_websocket() {
  auto* websocket = new WsConnection(service_.loop, std::exchange(wsi_, nullptr), WsRole::client,
                                     service_.options.max_message, *events_);
  service_.connections.remove(*this);
  service_.connections.add(*websocket);
  delete this;
  websocket->start();
}

void WsOpening::tell(ConnectFailure failure) {
  WebSocketEvents& events = *events_;
  delete this;
  events.on_failed(failure);
}

// --- HttpRun

std::unique_ptr<HttpCall> HttpRun::begin(ClientService& service, ClientRequest request,
                                         HttpResponseEvents& events) {
  auto* run = new HttpRun(service, std::move(request));
  run->events_ = &events;
  auto handle = std::make_unique<CallHandle<HttpCall>>(*run);
  run->start();
  return handle;
}

int HttpRun::on_reply(int reason, void* in, std::size_t size) {
  switch (reason) {
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
      return send_body();
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
      return on_head();
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
      return read_body();
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
      return on_body({static_cast<const char*>(in), size});
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
      complete_ = true;
      // Also said of a connection that ends before any answer, over TLS.
      if (!answered_)
        fail_http("closed the connection without an answer", Symptom::closed);
      else if (!reading_)
        succeed();
      return 0;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
      fail_http("closed the connection without a complete answer");
      return 0;
    default:
      return 0;
  }
}

int HttpRun::send_body() {
  if (request_.body.empty()) return 0;
  std::string body = std::exchange(request_.body, "");
  auto* bytes = reinterpret_cast<unsigned char*>(body.data());
  lws_client_http_body_pending(wsi_, 0);
  if (lws_write(wsi_, bytes, body.size(), LWS_WRITE_HTTP_FINAL) < 0) return -1;
  wait_forever();
  return 0;
}

int HttpRun::on_head() {
  answered_ = true;
  response_.status = static_cast<int>(lws_http_client_http_response(wsi_));
  head_came(response_.status);
  response_.headers = read_known_headers(wsi_);
  add_custom_headers(wsi_, {}, response_.headers);
  chunked_ = header_has_token(response_.headers, "transfer-encoding", "chunked");
  if (is_bodiless(request_.method, response_.status)) {
    succeed();
    return 0;
  }
  const auto length = content_length(response_.headers);
  if (length && length->value_or(0) <= service_.options.max_message) return 0;
  fail_http(length ? "bad answer: body too large" : "bad answer: " + length.error().what);
  return 0;
}

// libwebsockets calls an answer complete also when the connection ends before the last chunk; only
// its result tells that from the end of a body that ends with the connection.
int HttpRun::read_body() {
  std::array<char, LWS_PRE + kReadSize> buffer;
  char* data = buffer.data() + LWS_PRE;
  int size = kReadSize;
  lws* wsi = wsi_;
  reading_ = true;
  const int result = lws_http_client_read(wsi, &data, &size);
  reading_ = false;
  if (!complete_) return result < 0 ? -1 : 0;
  if (result < 0 && chunked_)
    fail_http("closed the connection without a complete answer");
  else
    succeed();
  return 0;
}

int HttpRun::on_body(std::string_view bytes) {
  if (bytes.size() > service_.options.max_message - response_.body.size()) {
    fail_http("bad answer: body too large");
    return -1;
  }
  response_.body.append(bytes);
  return 0;
}

void HttpRun::on_no_reply(const std::string& why) {
  if (answered_) return fail_http("closed the connection without a complete answer");
  fail_http(no_reply_text(why, 0, heard()), heard());
}

void HttpRun::fail_http(const std::string& what, Symptom symptom) {
  fail({.stage = ConnectStage::http,
        .http_status = answered_ ? response_.status : 0,
        .message = fmt::format("{}: {}", where_text(request_.endpoint), what),
        .symptom = symptom});
}

void HttpRun::tell(ConnectFailure failure) {
  HttpResponseEvents& events = *events_;
  delete this;
  events.on_failed(failure);
}

void HttpRun::tell_success() {
  HttpResponseEvents& events = *events_;
  HttpResponse response = std::move(response_);
  delete this;
  events.on_response(std::move(response));
}

}  // namespace sio::net

#include "net/http_client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "net/ws_connection.h"
#include "net/ws_handshake.h"

namespace sio::net {
namespace {

constexpr std::size_t kMaxRefusalBody = 4096;
constexpr std::size_t kMaxIdle = 4;

bool same_endpoint(const Endpoint& a, const Endpoint& b) {
  return a.host == b.host && a.port == b.port && a.tls == b.tls && a.unix_path == b.unix_path;
}

std::string host_header(const Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return "localhost";
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? fmt::format("[{}]", endpoint.host) : endpoint.host;
  const int usual = endpoint.tls ? 443 : 80;
  return endpoint.port == usual ? host : fmt::format("{}:{}", host, endpoint.port);
}

std::string where_text(const Endpoint& endpoint) {
  return endpoint.unix_path.empty() ? host_header(endpoint) : "unix:" + endpoint.unix_path;
}

bool names_host(const HttpHeaders& headers) {
  return std::any_of(headers.begin(), headers.end(),
                     [](const auto& header) { return to_lower(header.first) == "host"; });
}

// Everything up to the headers that the kind of request adds.
std::string request_head(std::string_view method, std::string_view target, const Endpoint& endpoint,
                         const HttpHeaders& headers) {
  std::string head = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  if (!names_host(headers)) append_header(head, "Host", host_header(endpoint));
  for (const auto& [name, value] : headers) append_header(head, name, value);
  return head;
}

// The TLS side of an endpoint: null for a plain one. Loading certificates takes milliseconds, so it
// is done when the first TLS endpoint is seen.
Result<const TlsContext*> tls_for(ClientService& service, const Endpoint& endpoint) {
  if (!endpoint.tls) return nullptr;
  if (!service.tls) {
    SIO_TRY(service.tls, TlsContext::client(service.options.tls));
  }
  return service.tls.get();
}

void let_go(Stream* stream) {
  if (stream == nullptr) return;
  stream->set_events(nullptr);
  stream->abort();
}

}  // namespace

// --- IdlePool

class IdlePool::Idle final : public StreamEvents {
 public:
  Idle(IdlePool& pool, Endpoint endpoint, Stream& stream)
      : pool_(pool), endpoint_(std::move(endpoint)), stream_(&stream) {
    stream.set_events(this);
  }
  ~Idle() override { let_go(stream_); }

  const Endpoint& endpoint() const { return endpoint_; }
  Stream* release() { return std::exchange(stream_, nullptr); }

 private:
  // Nobody has asked anything: what comes is no answer.
  void on_stream_bytes(char*, std::size_t) override { stream_->abort(); }
  void on_stream_closed(const StreamEnd&) override {
    stream_ = nullptr;
    pool_.forget(*this);
  }

  IdlePool& pool_;
  Endpoint endpoint_;
  Stream* stream_;
};

IdlePool::IdlePool() = default;
IdlePool::~IdlePool() = default;

void IdlePool::put(const Endpoint& endpoint, Stream& stream) {
  if (idle_.size() == kMaxIdle) idle_.erase(idle_.begin());
  idle_.push_back(std::make_unique<Idle>(*this, endpoint, stream));
}

Stream* IdlePool::take(const Endpoint& endpoint) {
  for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
    if (!same_endpoint((*it)->endpoint(), endpoint)) continue;
    Stream* stream = (*it)->release();
    idle_.erase(std::next(it).base());
    return stream;
  }
  return nullptr;
}

void IdlePool::forget(Idle& idle) {
  std::erase_if(idle_, [&](const auto& held) { return held.get() == &idle; });
}

// --- WsOpening

class WsOpening::Handle final : public Connector::Attempt {
 public:
  explicit Handle(WsOpening& opening) : opening_(&opening) {}
  ~Handle() override {
    if (opening_ == nullptr) return;
    opening_->handle_ = nullptr;
    opening_->sever();
  }
  void forget() { opening_ = nullptr; }

 private:
  WsOpening* opening_;
};

WsOpening::WsOpening(ClientService& service, const Endpoint& endpoint, std::string target,
                     HttpHeaders headers, WebSocketEvents& events)
    : service_(service),
      endpoint_(endpoint),
      target_(std::move(target)),
      headers_(std::move(headers)),
      events_(events),
      timer_(service.loop, *this) {
  service.connections.add(*this);
}

WsOpening::~WsOpening() {
  service_.loop.impl().cancel(*this);
  if (handle_ != nullptr) handle_->forget();
}

std::unique_ptr<Connector::Attempt> WsOpening::start() {
  auto handle = std::make_unique<Handle>(*this);
  handle_ = handle.get();
  timer_.arm_in(service_.options.connect_timeout);
  const auto tls = tls_for(service_, endpoint_);
  if (!tls) {
    fail({.stage = ConnectStage::tls, .message = tls.error().message});
    return handle;
  }
  link_ = std::make_unique<ClientLink>(service_.loop, endpoint_, *tls, *this);
  link_->start();
  return handle;
}

void WsOpening::sever() {
  let_go(std::exchange(stream_, nullptr));
  delete this;
}

void WsOpening::on_linked(Stream& stream) {
  if (failed_) return let_go(&stream);
  stream_ = &stream;
  stream.set_events(this);
  send_request();
}

void WsOpening::on_link_failed(ConnectFailure failure) {
  fail(std::move(failure));
}

void WsOpening::send_request() {
  key_ = websocket_key();
  std::string request = request_head("GET", target_, endpoint_, headers_);
  request += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  append_header(request, "Sec-WebSocket-Key", key_);
  request += "\r\n";
  stream_->send_copy(std::move(request));
}

void WsOpening::on_stream_bytes(char* data, std::size_t size) {
  input_.append(data, size);
  if (refusal_body_) return read_refusal();
  read_answer();
}

void WsOpening::read_answer() {
  const std::size_t length = head_length(input_);
  if (length > kMaxHead || (length == 0 && input_.size() > kMaxHead))
    return fail_http("answered with headers that are too large");
  if (length == 0) return;
  const auto head = parse_status_head(std::string_view(input_).substr(0, length));
  input_.erase(0, length);
  if (!head) return fail_http("does not speak HTTP: " + head.error().what);
  judge(*head);
}

void WsOpening::judge(const StatusHead& head) {
  if (head.status == 101) {
    if (header_value(head.headers, "sec-websocket-accept") != websocket_accept(key_))
      return fail_http("answered 101 with a wrong Sec-WebSocket-Accept");
    if (has_header(head.headers, "sec-websocket-extensions"))
      return fail_http("wants a WebSocket extension that was not offered");
    return become_websocket();
  }
  if (head.status < 200) return read_answer();  // 100, 103: the real one follows
  failure_.http_status = head.status;
  auto body = BodyReader::of_response(head, "GET", service_.options.max_message);
  if (!body) return fail_http(fmt::format("answered {}", head.status));
  refusal_body_ = std::move(*body);
  read_refusal();
}

// The body says why, so as much of it is read as will be shown.
void WsOpening::read_refusal() {
  std::string_view rest = input_;
  const bool bad = refusal_body_->feed(rest).has_value();
  input_.erase(0, input_.size() - rest.size());
  if (bad || refusal_body_->done() || refusal_body_->size() >= kMaxRefusalBody) fail_http("");
}

void WsOpening::become_websocket() {
  auto* websocket = new WsConnection(service_.loop, *std::exchange(stream_, nullptr),
                                     WsRole::client, service_.options.max_message, events_);
  service_.connections.remove(*this);
  service_.connections.add(*websocket);
  std::string early = std::move(input_);
  delete this;
  websocket->start(std::move(early));
}

void WsOpening::on_stream_closed(const StreamEnd& end) {
  stream_ = nullptr;
  if (refusal_body_) return fail_http("");
  fail_http(end.detail.empty() ? "closed the connection without an answer" : end.detail);
}

void WsOpening::on_timer(Timer&) {
  if (refusal_body_) return fail_http("");
  if (stream_ == nullptr && link_) return fail(link_->timed_out(service_.options.connect_timeout));
  fail({.stage = ConnectStage::timeout,
        .message =
            fmt::format("{}: no answer to the WebSocket request within {}", where_text(endpoint_),
                        seconds_text(service_.options.connect_timeout))});
}

void WsOpening::fail_http(std::string what) {
  ConnectFailure failure{.stage = ConnectStage::http, .http_status = failure_.http_status};
  if (refusal_body_) failure.http_body = refusal_body_->take().substr(0, kMaxRefusalBody);
  if (what.empty())
    what = fmt::format("answered {} {} instead of opening a WebSocket", failure.http_status,
                       reason_phrase(failure.http_status));
  failure.message = fmt::format("{}: {}", where_text(endpoint_), what);
  fail(std::move(failure));
}

void WsOpening::fail(ConnectFailure failure) {
  if (std::exchange(failed_, true)) return;
  failure_ = std::move(failure);
  timer_.cancel();
  let_go(std::exchange(stream_, nullptr));
  service_.loop.impl().defer(*this);  // not from inside the caller's own call
}

void WsOpening::run_deferred() {
  WebSocketEvents& events = events_;
  const ConnectFailure failure = std::move(failure_);
  delete this;
  events.on_failed(failure);
}

// --- HttpRun

class HttpRun::Handle final : public HttpCall {
 public:
  explicit Handle(HttpRun& run) : run_(&run) {}
  ~Handle() override {
    if (run_ == nullptr) return;
    run_->handle_ = nullptr;
    run_->sever();
  }
  void forget() { run_ = nullptr; }

 private:
  HttpRun* run_;
};

HttpRun::HttpRun(ClientService& service, Request request, HttpResponseEvents& events)
    : service_(service),
      request_(std::move(request)),
      events_(events),
      timer_(service.loop, *this) {
  service.connections.add(*this);
}

HttpRun::~HttpRun() {
  service_.loop.impl().cancel(*this);
  if (handle_ != nullptr) handle_->forget();
}

std::unique_ptr<HttpCall> HttpRun::start() {
  auto handle = std::make_unique<Handle>(*this);
  handle_ = handle.get();
  if (Stream* stream = service_.idle.take(request_.endpoint)) {
    reused_ = true;
    send_request(*stream);
  } else {
    dial();
  }
  return handle;
}

void HttpRun::sever() {
  let_go(std::exchange(stream_, nullptr));
  delete this;
}

void HttpRun::dial() {
  const auto tls = tls_for(service_, request_.endpoint);
  if (!tls) return fail({.stage = ConnectStage::tls, .message = tls.error().message});
  timer_.arm_in(service_.options.connect_timeout);
  link_ = std::make_unique<ClientLink>(service_.loop, request_.endpoint, *tls, *this);
  link_->start();
}

void HttpRun::on_linked(Stream& stream) {
  if (failed_) return let_go(&stream);
  timer_.cancel();  // the answer may take as long as it takes
  send_request(stream);
}

void HttpRun::on_link_failed(ConnectFailure failure) {
  fail(std::move(failure));
}

void HttpRun::send_request(Stream& stream) {
  stream_ = &stream;
  stream.set_events(this);
  std::string bytes =
      request_head(request_.method, request_.target, request_.endpoint, request_.headers);
  if (!request_.body.empty() || (request_.method != "GET" && request_.method != "HEAD"))
    bytes += fmt::format("Content-Length: {}\r\n", request_.body.size());
  bytes += "\r\n";
  bytes += request_.body;
  stream.send_copy(std::move(bytes));
}

void HttpRun::on_stream_bytes(char* data, std::size_t size) {
  input_.append(data, size);
  read_answer();
}

void HttpRun::read_answer() {
  while (!head_) {
    const std::size_t length = head_length(input_);
    if (length > kMaxHead || (length == 0 && input_.size() > kMaxHead))
      return fail_http("answered with headers that are too large");
    if (length == 0) return;
    auto head = parse_status_head(std::string_view(input_).substr(0, length));
    input_.erase(0, length);
    if (!head) return fail_http("does not speak HTTP: " + head.error().what);
    if (head->status < 200) continue;
    auto body = BodyReader::of_response(*head, request_.method, service_.options.max_message);
    if (!body) return fail_http("bad answer: " + body.error().what);
    head_ = std::move(*head);
    body_ = std::move(*body);
  }
  std::string_view rest = input_;
  const auto bad = body_->feed(rest);
  input_.erase(0, input_.size() - rest.size());
  if (bad) return fail_http("bad answer: " + bad->what);
  if (body_->done()) finish();
}

void HttpRun::on_stream_closed(const StreamEnd& end) {
  stream_ = nullptr;
  if (body_ && body_->end_of_stream()) return finish();
  // The server had closed it while it was idle: no fault of this request.
  if (std::exchange(reused_, false) && input_.empty() && !head_) return dial();
  fail_http(end.detail.empty() ? "closed the connection without a complete answer" : end.detail);
}

void HttpRun::finish() {
  HttpResponse response{
      .status = head_->status, .headers = std::move(head_->headers), .body = body_->take()};
  const bool stays = stream_ != nullptr && head_->http11 && !body_->until_close() &&
                     input_.empty() && !header_has_token(response.headers, "connection", "close");
  Stream* stream = std::exchange(stream_, nullptr);
  if (stays)
    service_.idle.put(request_.endpoint, *stream);
  else
    let_go(stream);
  HttpResponseEvents& events = events_;
  delete this;
  events.on_response(std::move(response));
}

void HttpRun::on_timer(Timer&) {
  fail(link_->timed_out(service_.options.connect_timeout));
}

void HttpRun::fail_http(std::string what) {
  fail({.stage = ConnectStage::http,
        .http_status = head_ ? head_->status : 0,
        .message = fmt::format("{}: {}", where_text(request_.endpoint), what)});
}

void HttpRun::fail(ConnectFailure failure) {
  if (std::exchange(failed_, true)) return;
  failure_ = std::move(failure);
  timer_.cancel();
  let_go(std::exchange(stream_, nullptr));
  service_.loop.impl().defer(*this);
}

void HttpRun::run_deferred() {
  HttpResponseEvents& events = events_;
  const ConnectFailure failure = std::move(failure_);
  delete this;
  events.on_failed(failure);
}

}  // namespace sio::net

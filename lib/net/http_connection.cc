#include "net/http_connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "net/ws_connection.h"
#include "net/ws_handshake.h"

namespace sio::net {
namespace {

constexpr auto kHeadTime = std::chrono::seconds(10);  // from the first byte to the end of the head
constexpr auto kIdleTime = std::chrono::seconds(30);  // between two requests
constexpr auto kBodyTime = std::chrono::seconds(60);  // the whole body
// A client may send its next requests while one is being answered: this much of them is kept.
constexpr std::size_t kMaxPipelined = 64 * 1024;

bool wants_to_stay(const RequestHead& head) {
  if (head.http11) return !header_has_token(head.headers, "connection", "close");
  return header_has_token(head.headers, "connection", "keep-alive");
}

}  // namespace

HttpConnection::HttpConnection(HttpService& service, std::string peer)
    : service_(service), timer_(service.loop, *this), peer_(std::move(peer)) {}

Status HttpConnection::start(UniqueFd fd, std::unique_ptr<TlsSession> tls) {
  auto stream = Stream::open(service_.loop, std::move(fd), std::move(tls), *this);
  if (!stream) {
    Error error = std::move(stream.error());
    delete this;
    return tl::unexpected(std::move(error));
  }
  stream_ = *stream;
  service_.connections.add(*this);
  timer_.arm_in(kHeadTime);
  return {};
}

void HttpConnection::sever() {
  observer_ = nullptr;
  stream_->abort();
}

std::string_view HttpConnection::header(std::string_view name) const {
  const std::string lower = to_lower(name);
  const auto is_named = [&](const auto& header) { return header.first == lower; };
  const auto first = std::find_if(head_.headers.begin(), head_.headers.end(), is_named);
  if (first == head_.headers.end()) return "";
  if (std::find_if(first + 1, head_.headers.end(), is_named) == head_.headers.end())
    return first->second;
  joined_.emplace_back(lower, header_value(head_.headers, lower));
  return joined_.back().second;
}

// --- Reading

void HttpConnection::on_stream_bytes(char* data, std::size_t size) {
  if (state_ == State::closing) return;
  if (state_ == State::head && input_.empty()) timer_.arm_in(kHeadTime);
  input_.append(data, size);
  process();
}

void HttpConnection::process() {
  if (processing_) return;
  processing_ = true;
  while (step()) continue;
  processing_ = false;
  if (state_ == State::gone) {
    delete this;
    return;
  }
  limit_input();
}

bool HttpConnection::step() {
  switch (state_) {
    case State::head:
      return read_head();
    case State::body:
      return read_body();
    default:
      return false;
  }
}

void HttpConnection::limit_input() {
  if (state_ == State::answer && input_.size() > kMaxPipelined) stream_->pause();
}

bool HttpConnection::read_head() {
  while (input_.starts_with("\r\n")) input_.erase(0, 2);  // some clients end a body with one
  const std::size_t length = head_length(input_);
  if (length > kMaxHead || (length == 0 && input_.size() > kMaxHead)) {
    refuse({431, "headers too large"});
    return false;
  }
  if (length == 0 && !input_.empty() && !may_be_request(input_)) {
    refuse({400, "not HTTP"});
    return false;
  }
  if (length == 0) return false;
  auto head = parse_request_head(std::string_view(input_).substr(0, length));
  input_.erase(0, length);
  timer_.cancel();
  if (!head) {
    refuse(head.error());
    return false;
  }
  head_ = std::move(*head);
  joined_.clear();
  begin_request();
  return true;
}

void HttpConnection::begin_request() {
  if (asks_for_websocket(head_)) return upgrade();
  auto body = BodyReader::of_request(head_.headers, service_.max_body);
  if (!body) return refuse(body.error());
  body_ = std::move(*body);
  const bool has_body = !body_->done();
  state_ = has_body ? State::body : State::answer;
  // The size of a chunked body is known when all of it is here: the handler hears of it then.
  if (!has_body || !body_->chunked()) {
    exchange_open_ = true;
    service_.handler.on_request(*this);
  }
  if (state_ != State::body) return;
  timer_.arm_in(kBodyTime);
  if (header_has_token(head_.headers, "expect", "100-continue"))
    stream_->send_copy(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
}

bool HttpConnection::read_body() {
  std::string_view rest = input_;
  const auto refusal = body_->feed(rest);
  input_.erase(0, input_.size() - rest.size());
  if (refusal) {
    refuse(*refusal);
    return false;
  }
  if (!body_->done()) return false;
  end_body();
  return true;
}

void HttpConnection::end_body() {
  timer_.cancel();
  if (!exchange_open_) {  // chunked: all of it is here before the handler is asked
    exchange_open_ = true;
    service_.handler.on_request(*this);
    if (!exchange_open_) return;
  }
  state_ = State::answer;
  if (observer_ != nullptr) observer_->on_body(*this, body_->take());
}

// --- Answering

void HttpConnection::respond(HttpResponse response) {
  SIO_CHECK(exchange_open_);
  exchange_open_ = false;
  observer_ = nullptr;
  const bool whole_body_read = state_ == State::answer || body_->done();
  const bool close = !whole_body_read || !wants_to_stay(head_);
  send_response(std::move(response), close);
  if (close) return;
  state_ = State::head;
  wait_for_head();
}

void HttpConnection::wait_for_head() {
  stream_->resume();
  if (input_.empty()) {
    timer_.arm_in(kIdleTime);
    std::string().swap(input_);
    return;
  }
  // The next request is here already. The handler must not hear of it from inside its own call.
  if (!processing_) timer_.arm(service_.loop.now());
}

void HttpConnection::send_response(HttpResponse response, bool close) {
  const bool bodiless = head_.method == "HEAD";
  std::string bytes = response_head(response, {.close = close,
                                               .http10_keep_alive = !close && !head_.http11,
                                               .wall_ms = SystemClock().wall_ms()});
  if (!bodiless && response.status != 204 && response.status != 304) bytes += response.body;
  stream_->send_copy(std::move(bytes));
  if (!close) return;
  state_ = State::closing;
  timer_.cancel();
  stream_->finish();
}

void HttpConnection::refuse(const HttpRefusal& refusal) {
  SIO_CHECK(!exchange_open_);
  HttpResponse response{.status = refusal.status};
  // The official server answers a body that is too large without a word.
  if (refusal.status != 413) {
    response.headers.emplace_back("Content-Type", "text/plain");
    response.body = refusal.what + "\n";
  }
  if (refusal.status == 426) response.headers.emplace_back("Sec-WebSocket-Version", "13");
  // What is wrong with the protocol cannot be read past.
  send_response(std::move(response), true);
}

void HttpConnection::destroy() {
  SIO_CHECK(exchange_open_);
  exchange_open_ = false;
  observer_ = nullptr;
  state_ = State::closing;
  stream_->abort();
}

// --- WebSocket

void HttpConnection::upgrade() {
  if (const auto proper = check_websocket_request(head_); !proper) return refuse(proper.error());
  UpgradeAnswer answer = service_.handler.on_upgrade(*this);
  if (auto* accept = std::get_if<UpgradeAccept>(&answer))
    return become_websocket(std::move(*accept));
  send_response(std::get<HttpResponse>(std::move(answer)), true);
}

void HttpConnection::become_websocket(UpgradeAccept accept) {
  SIO_CHECK(accept.events != nullptr);
  stream_->send_copy(switching_protocols(head_, accept.headers));
  state_ = State::gone;
  auto* websocket = new WsConnection(service_.loop, *stream_, WsRole::server, service_.max_message,
                                     *accept.events);
  service_.connections.remove(*this);
  service_.connections.add(*websocket);
  stream_ = nullptr;
  websocket->start(std::move(input_));
}

// --- Ends

void HttpConnection::on_timer(Timer&) {
  if (state_ == State::head && head_length(input_) > 0) return process();
  if (state_ == State::body || (state_ == State::head && !input_.empty())) {
    if (exchange_open_ && observer_ != nullptr) observer_->on_aborted(*this);
    exchange_open_ = false;
    observer_ = nullptr;
    return refuse({408, "the request took too long"});
  }
  stream_->finish();
  state_ = State::closing;
}

void HttpConnection::on_stream_closed(const StreamEnd&) {
  if (exchange_open_ && observer_ != nullptr) observer_->on_aborted(*this);
  delete this;
}

}  // namespace sio::net

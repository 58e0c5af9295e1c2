// What libwebsockets' HTTP role (4.1.6) needs so that a server of this protocol is correct.
//
//  - A connection whose answer is pending is not read, but is watched for input: a peer that goes
//    would not be noticed, and the loop would spin. So a held request has its reading switched off
//    and its socket in our own epoll set, which sees the peer go. Its time-out is switched off too.
//  - BODY_COMPLETION comes a second time when more requests wait behind a POST: State tells which
//    one counts.
//  - A request with a body must not be read from what it stored because it was pipelined behind
//    another: it would take the head for the body, free what it is reading, or never come back. The
//    connection ends there, as HTTP allows; what came before has been answered.
//  - Newer versions (4.3) take all that comes with a body for a part of it. What is pipelined
//  behind a
//    body is lost then, so the connection ends with the answer to it.
//  - A chunked request body is not understood, and a POST without a length is taken to have one:
//    both are answered with 411. A body that is too large is refused when its length is read.
//  - It closes a socket at once, and what the peer still sends then destroys what it has not read
//  of
//    our answer. An answer that comes before its body therefore ends our side of the connection and
//    waits a little for the rest; libwebsockets reads it and on_body() drops it.
//  - It would upgrade to HTTP/2 when asked to: the header is blanked before it looks again, and the
//    request goes on as HTTP/1.1. To any other Upgrade than a WebSocket's it has answered 403
//    before it asks us, and the text it asks with may be gone by then.
//  - A WebSocket request that names only sub-protocols which it does not know is dropped without an
//    answer. It is granted the first of them, as the WebSocket library of the official server does:
//    a browser that asked for some and is given none gives up.
//  - Heads that it cannot read end without an answer, or with 403. That goes for a header, too,
//  whose
//    name is the beginning of one that it knows ("X-Auth", for "x-auth-token"): it takes the rest
//    of the head for the name, and waits for more until kHeadTime is over.

#include "net/http_connection.h"

#include <libwebsockets.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "net/lws_head.h"
#include "net/response_stream.h"
#include "net/ws_connection.h"

namespace sio::net {
namespace {

constexpr auto kHeadTime = std::chrono::seconds(10);   // from the connection to its first request
constexpr auto kIdleTime = std::chrono::seconds(30);   // between two requests
constexpr auto kBodyTime = std::chrono::seconds(60);   // the whole body
constexpr auto kLingerTime = std::chrono::seconds(5);  // for the peer to take the last answer
constexpr std::uint32_t kWatched = EPOLLRDHUP | EPOLLET;  // of a client whose request is held
// What libwebsockets takes of a list of sub-protocols, and of a name.
constexpr std::size_t kMaxSubprotocols = 126;

bool is_subprotocol_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

}  // namespace

HttpConnection::HttpConnection(HttpService& service, std::string peer)
    : service_(&service),
      loop_(service.loop),
      secure_(service.secure),
      timer_(service.loop, *this),
      watch_(service.loop.impl(), *this),
      peer_(std::move(peer)) {}

HttpConnection::~HttpConnection() {
  loop_.impl().cancel(*this);
}

Status HttpConnection::open(HttpService& service, UniqueFd socket, std::string peer) {
  auto* connection = new HttpConnection(service, std::move(peer));
  connection->fd_ = socket.get();
  connection->wsi_ = service.loop.impl().adopt(service.vhost, socket.release(), *connection);
  if (connection->wsi_ == nullptr) {
    delete connection;
    return fail(Errc::unavailable, "too many connections");
  }
  service.connections.add(*connection);
  connection->timer_.arm_in(kHeadTime);
  return {};
}

void HttpConnection::sever() {
  watch_.stop();
  loop_.impl().discard(wsi_);
  delete this;
}

int HttpConnection::on_lws(lws*, int reason, void* in, std::size_t size) {
  if (reason == LWS_CALLBACK_WSI_DESTROY) {
    on_destroyed();
    return 0;
  }
  if (reason == LWS_CALLBACK_ESTABLISHED) {
    become_websocket();
    return 0;
  }
  int result = 0;
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      on_head();
      break;
    case LWS_CALLBACK_HTTP_BODY:
      on_body({static_cast<const char*>(in), size});
      break;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      on_body_end();
      break;
    case LWS_CALLBACK_HTTP_WRITEABLE:
      on_sent();
      break;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
      result = on_upgrade(static_cast<char*>(in));
      break;
    case LWS_CALLBACK_ADD_HEADERS:
      add_upgrade_headers(in);
      break;
    case LWS_CALLBACK_RAW_ADOPT:  // what CONNECT becomes
    case LWS_CALLBACK_RAW_RX:
      result = -1;
      break;
    default:
      break;
  }
  return broken_ ? -1 : result;
}

// --- The request

std::string_view HttpConnection::header(std::string_view name) const {
  const std::string lower = to_lower(name);
  for (const auto& [known, value] : found_)
    if (known == lower) return value;
  const auto is_named = [&](const auto& header) { return header.first == lower; };
  const auto first = std::find_if(head_.headers.begin(), head_.headers.end(), is_named);
  if (first == head_.headers.end())
    found_.emplace_back(lower, read_custom_header(wsi_, lower));
  else
    found_.emplace_back(lower, header_value(head_.headers, lower));
  return found_.back().second;
}

const HttpHeaders& HttpConnection::headers() const {
  if (all_headers_.empty()) {
    all_headers_ = head_.headers;
    add_custom_headers(wsi_, loop_.impl().read_bytes(), all_headers_);
  }
  return all_headers_;
}

void HttpConnection::read_head() {
  timer_.cancel();
  head_ = read_request_head(wsi_);
  all_headers_.clear();
  found_.clear();
  body_.clear();
}

void HttpConnection::on_head() {
  if (state_ != State::head) return abort();  // pipelined behind one that was the last
  read_head();
  const auto length = content_length(head_.headers);
  const bool may_have_body =
      head_.method == "POST" || head_.method == "PUT" || head_.method == "PATCH";
  body_coming_ = may_have_body || (length && length->value_or(0) > 0);
  const bool takes_body = !length || length->value_or(may_have_body ? 1 : 0) > 0;
  const bool is_first = !std::exchange(had_request_, true);
  if (!is_first && takes_body && loop_.impl().has_input_in_store()) return abort();
  if (head_size(head_) > kMaxHead) return refuse({431, "headers too large"});
  const auto size = request_body_size(head_, service_->max_body);
  if (!size) return refuse(size.error());
  body_left_ = *size;
  body_coming_ = body_left_ > 0;
  state_ = body_coming_ ? State::body : State::answer;
  if (body_coming_) timer_.arm_in(kBodyTime);
  ask_handler();
  if (state_ != State::body || !header_has_token(head_.headers, "expect", "100-continue")) return;
  std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  if (lws_write(wsi_, reinterpret_cast<unsigned char*>(interim.data()), interim.size(),
                LWS_WRITE_HTTP_HEADERS) < 0)
    abort();
}

void HttpConnection::ask_handler() {
  exchange_open_ = true;
  service_->handler.on_request(*this);
  if (exchange_open_ && state_ == State::answer) hold();
}

void HttpConnection::on_body(std::string_view bytes) {
  if (state_ != State::body) return;
  body_.append(bytes.substr(0, body_left_));
  if (bytes.size() <= body_left_) {
    body_left_ -= bytes.size();
    return;
  }
  lost_input_ = true;
  on_body_end();
}

void HttpConnection::on_body_end() {
  if (state_ == State::closing) return abort();  // there is no more to wait for
  if (state_ != State::body) return;
  timer_.cancel();
  state_ = State::answer;
  body_coming_ = false;
  if (observer_ != nullptr) observer_->on_body(*this, std::move(body_));
  if (exchange_open_ && state_ == State::answer) hold();
}

void HttpConnection::hold() {
  lws_set_timeout(wsi_, NO_PENDING_TIMEOUT, 0);
  lws_rx_flow_control(wsi_, 0);
  if (!watch_.start(fd_, kWatched)) abort();
}

void HttpConnection::on_fd_ready(FdWatch&, std::uint32_t events) {
  if (stream_ != nullptr && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0)
    return stream_->on_writable();
  watch_.stop();
  tell_aborted();
  if (stream_ != nullptr) stream_->on_lost();
  abort();
}

// --- The answer

void HttpConnection::respond(HttpResponse response) {
  SIO_CHECK(exchange_open_);
  exchange_open_ = false;
  observer_ = nullptr;
  if (broken_) return;
  if (watch_.active()) {
    watch_.stop();
    lws_rx_flow_control(wsi_, 1);
  }
  send(response, body_coming_ || lost_input_ || !wants_to_stay(head_));
}

void HttpConnection::send(const HttpResponse& response, bool close) {
  std::string bytes = response_bytes(response, {.to_head_request = head_.method == "HEAD",
                                                .close = close,
                                                .http10_keep_alive = !close && !head_.http11,
                                                .wall_ms = SystemClock().wall_ms()});
  state_ = close ? State::closing : State::head;
  timer_.arm_in(close ? Duration(kLingerTime) : Duration(kIdleTime));
  if (lws_write(wsi_, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                LWS_WRITE_HTTP_FINAL) < 0)
    return abort();
  if (close) return on_sent();
  if (lws_http_transaction_completed(wsi_) != 0) abort();
}

// The connection waits as that of a held request does, and is watched as that is.
HttpStream& HttpConnection::stream(HttpResponse response, HttpStreamEvents& events,
                                   std::optional<std::uint64_t> length) {
  SIO_CHECK(exchange_open_ && !body_coming_ && response.body.empty());
  exchange_open_ = false;
  observer_ = nullptr;
  state_ = State::stream;
  using Body = ResponseOptions::Body;
  const Body body = length ? Body::of_length : head_.http11 ? Body::in_chunks : Body::until_close;
  const bool close = body == Body::until_close || !wants_to_stay(head_);
  stream_ =
      std::make_unique<ResponseStream>(*this, fd_, secure_ ? lws_get_ssl(wsi_) : nullptr, events,
                                       ResponseStream::Form{.chunked = body == Body::in_chunks,
                                                            .dropped = head_.method == "HEAD",
                                                            .close = close,
                                                            .length = length});
  if (!watch_.active()) hold();
  stream_->write_head(response_bytes(response, {.body = body,
                                                .length = length.value_or(0),
                                                .close = close,
                                                .http10_keep_alive = !close && !head_.http11,
                                                .wall_ms = SystemClock().wall_ms()}));
  return *stream_;
}

void HttpConnection::watch_for_room(bool wanted) {
  if (watch_.active()) watch_.change(kWatched | (wanted ? EPOLLOUT : 0U));
}

void HttpConnection::end_stream(bool complete, bool close) {
  if (watch_.active()) {
    watch_.stop();
    lws_rx_flow_control(wsi_, 1);
  }
  stream_->on_lost();
  stream_.reset();
  if (!complete) return Loop::Impl::close_now(wsi_);
  state_ = close ? State::closing : State::head;
  timer_.arm_in(close ? Duration(kLingerTime) : Duration(kIdleTime));
  if (close) return on_sent();
  if (lws_http_transaction_completed(wsi_) != 0) abort();
}

bool HttpConnection::is_local() const {
  if (peer_.empty()) return true;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&address);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  }
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&address);
  return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
}

// Everything that was to be said may have gone out.
void HttpConnection::on_sent() {
  if (state_ != State::closing || lws_partial_buffered(wsi_) != 0) return;
  if (body_coming_)
    ::shutdown(fd_, SHUT_WR);
  else
    abort();
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
  send(response, true);
}

void HttpConnection::destroy() {
  SIO_CHECK(exchange_open_);
  exchange_open_ = false;
  observer_ = nullptr;
  abort();
}

// --- WebSocket

int HttpConnection::on_upgrade(char* wanted) {
  if (state_ != State::head || lws_hdr_total_length(wsi_, WSI_TOKEN_UPGRADE) == 0) return -1;
  if (strcasecmp(wanted, "h2c") == 0) {
    wanted[0] = '-';
    return 0;
  }
  if (strcasecmp(wanted, "websocket") != 0) return -1;
  read_head();
  answer_upgrade();
  return state_ == State::upgrade ? 0 : -1;  // it closes when what was refused with has gone out
}

void HttpConnection::answer_upgrade() {
  if (head_size(head_) > kMaxHead) return refuse({431, "headers too large"});
  if (const auto proper = check_websocket_request(head_); !proper) return refuse(proper.error());
  if (const auto chosen = choose_subprotocol(); !chosen) return refuse(chosen.error());
  UpgradeAnswer answer = service_->handler.on_upgrade(*this);
  if (auto* accept = std::get_if<UpgradeAccept>(&answer)) {
    SIO_CHECK(accept->events != nullptr);
    accept_ = std::move(*accept);
    state_ = State::upgrade;
    return;
  }
  send(std::get<HttpResponse>(answer), true);
}

HttpResult<void> HttpConnection::choose_subprotocol() {
  const std::string list = header_value(head_.headers, "sec-websocket-protocol");
  if (list.empty()) return {};
  const std::string first = first_in_list(list);
  const std::span<char> name = loop_.impl().subprotocol();
  if (list.size() > kMaxSubprotocols || first.size() >= name.size() || !is_subprotocol_name(first))
    return tl::unexpected(HttpRefusal{400, "bad Sec-WebSocket-Protocol"});
  std::memcpy(name.data(), first.c_str(), first.size() + 1);
  return {};
}

void HttpConnection::add_upgrade_headers(void* in) {
  if (state_ != State::upgrade) return;
  auto* args = static_cast<lws_process_html_args*>(in);
  std::string text;
  for (const auto& [name, value] : accept_.headers) append_header(text, name, value);
  if (text.size() + 2 > static_cast<std::size_t>(args->max_len)) return;
  std::memcpy(args->p, text.data(), text.size());
  args->p += text.size();
}

void HttpConnection::become_websocket() {
  SIO_CHECK(state_ == State::upgrade);
  TransportEvents* events = std::exchange(accept_.events, nullptr);
  auto* websocket = new WsConnection(loop_, wsi_, WsRole::server, service_->max_message, *events);
  service_->connections.remove(*this);
  service_->connections.add(*websocket);
  delete this;
  websocket->start();
}

// --- Ends

void HttpConnection::on_timer(Timer&) {
  if (state_ != State::body) return abort();
  tell_aborted();
  refuse({408, "the request took too long"});
}

void HttpConnection::tell_aborted() {
  if (!std::exchange(exchange_open_, false)) return;
  HttpObserver* observer = std::exchange(observer_, nullptr);
  if (observer != nullptr) observer->on_aborted(*this);
}

void HttpConnection::abort() {
  broken_ = true;
  loop_.impl().defer(*this);  // unless the callback's result does it
}

void HttpConnection::run_deferred() {
  Loop::Impl::close_now(wsi_);
}

void HttpConnection::on_destroyed() {
  if (wsi_ == nullptr) return;  // open() deletes it
  watch_.stop();
  tell_aborted();
  if (stream_ != nullptr) stream_->on_lost();
  if (accept_.events != nullptr) accept_.events->on_closed({.reason = CloseReason::lost});
  delete this;
}

}  // namespace sio::net

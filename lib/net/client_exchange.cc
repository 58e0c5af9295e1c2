#include "net/client_exchange.h"

#include <fcntl.h>
#include <libwebsockets.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "net/http_message.h"
#include "net/lws_head.h"
#include "net/system_error.h"
#include "net/tcp_counters.h"

namespace sio::net {
namespace {

// How long one address may keep the others waiting.
constexpr auto kPatience = std::chrono::seconds(3);
// From the first byte of an answer to the end of its head.
constexpr auto kHeadTime = std::chrono::seconds(3);
// libwebsockets (4.1.6) cuts what is longer off without a word.
constexpr char kTlsAlert = 0x15;  // what a TLS server says to a plain request
constexpr std::size_t kMaxTarget = 2000;
constexpr std::size_t kMaxHost = 100;
constexpr std::size_t kMaxName = 255;  // SOCKS has one byte for the length

std::string seconds_text(Duration duration) {
  return fmt::format("{:g}s", std::chrono::duration<double>(duration).count());
}

std::string host_header(const Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return "localhost";
  const int usual = endpoint.tls ? 443 : 80;
  if (endpoint.port != usual) return where_text(endpoint);
  return endpoint.host.find(':') == std::string::npos ? endpoint.host : '[' + endpoint.host + ']';
}

// Takes a header out that libwebsockets writes itself.
std::string take_header(HttpHeaders& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
    return to_lower(header.first) == name;
  });
  if (found == headers.end()) return "";
  std::string value = std::move(found->second);
  headers.erase(found);
  return value;
}

}  // namespace

ClientExchange::Handle::~Handle() {
  if (exchange_ == nullptr) return;
  exchange_->handle_ = nullptr;
  exchange_->sever();
}

ClientExchange::ClientExchange(ClientService& service, ClientRequest request)
    : service_(service),
      request_(std::move(request)),
      timer_(service.loop, *this),
      patience_(service.loop, *this),
      ear_(service.loop.impl(), *this) {
  service.connections.add(*this);
}

ClientExchange::~ClientExchange() {
  service_.loop.impl().cancel(*this);
  if (handle_ != nullptr) handle_->exchange_ = nullptr;
}

void ClientExchange::sever() {
  let_go();
  delete this;
}

void ClientExchange::let_go() {
  ear_.stop();
  if (wsi_ != nullptr) service_.loop.impl().discard(std::exchange(wsi_, nullptr));
}

const std::string& ClientExchange::where() const {
  return addresses_[next_ == 0 ? 0 : next_ - 1].where;
}

// --- Beginning

void ClientExchange::start() {
  timer_.arm_in(service_.options.connect_timeout);
  const std::string host = take_header(request_.headers, "host");
  host_header_ = host.empty() ? host_header(request_.endpoint) : host;
  // libwebsockets takes the name out of the Host header, up to the first colon.
  own_host_check_ = !host.empty() || request_.endpoint.host.find(':') != std::string::npos;
  if (request_.target.size() > kMaxTarget || host_header_.size() > kMaxHost ||
      request_.endpoint.host.size() > kMaxName)
    return fail({.stage = ConnectStage::http,
                 .message = where_text(request_.endpoint) + ": the URL is too long"});
  if (const Status status = prepare_tls(); !status)
    return fail({.stage = ConnectStage::tls, .message = status.error().message});
  if (service_.options.watcher != nullptr) stage_began_ = SystemClock().now();
  find_way();
}

void ClientExchange::find_way() {
  const std::optional<Proxy>& proxy = service_.options.proxy;
  if (proxy && request_.endpoint.unix_path.empty()) {
    stage_ = ConnectStage::proxy;
    tunnel_ = std::make_unique<Tunnel>(service_.loop, *proxy, request_.endpoint,
                                       static_cast<TunnelEvents&>(*this));
    return tunnel_->start();
  }
  resolver_ = std::make_unique<Resolver>(service_.loop, request_.endpoint,
                                         static_cast<ResolverEvents&>(*this));
  resolver_->start();
}

// Loading the system's certificates takes milliseconds, so it is done when the first TLS endpoint
// is seen.
Status ClientExchange::prepare_tls() {
  if (!request_.endpoint.tls || service_.tls_vhost != nullptr) return {};
  if (!service_.tls) {
    SIO_TRY(service_.tls, make_client_context(service_.options.tls));
  }
  lws_context_creation_info info{};
  info.provided_client_ssl_ctx = service_.tls.get();
  service_.tls_vhost = service_.loop.impl().create_tls_vhost(info);
  if (service_.tls_vhost == nullptr) return fail_errno("set up TLS", ENOMEM);
  return {};
}

void ClientExchange::on_resolved(std::vector<PeerAddress> addresses) {
  addresses_ = std::move(addresses);
  if (service_.options.watcher != nullptr) {
    StageDone done{.stage = ConnectStage::dns};
    for (const PeerAddress& address : addresses_) done.addresses.push_back(address.where);
    tell_stage(std::move(done));
  }
  try_next();
}

void ClientExchange::on_not_resolved(ConnectFailure failure) {
  fail(std::move(failure));
}

// libwebsockets is let connect to a doorstep; the connection becomes the tunnel in on_connected(),
// before it has been used.
void ClientExchange::on_tunnel(UniqueFd socket) {
  if (then_ != Then::nothing) return;  // it took too long
  if (service_.options.watcher != nullptr)
    tell_stage({.stage = ConnectStage::proxy, .peer = name_of(*service_.options.proxy)});
  way_ = std::move(socket);
  const auto doorstep = Doorstep::open();
  if (!doorstep) return fail({.stage = ConnectStage::tcp, .message = doorstep.error().message});
  PeerAddress address;
  address.host = doorstep->address();
  address.where = where_text(request_.endpoint);
  addresses_.push_back(std::move(address));
  next_ = 1;
  connect_to(addresses_.front());
}

void ClientExchange::on_no_tunnel(ConnectFailure failure) {
  fail(std::move(failure));
}

void ClientExchange::try_next() {
  const PeerAddress& address = addresses_[next_++];
  if (next_ < addresses_.size()) patience_.arm_in(kPatience);
  connect_to(address);
}

void ClientExchange::connect_to(const PeerAddress& address) {
  const Endpoint& endpoint = request_.endpoint;
  const bool is_websocket = request_.method.empty();
  const std::string protocols =
      is_websocket ? take_header(request_.headers, "sec-websocket-protocol") : "";
  lws_client_connect_info info{};
  info.context = service_.loop.impl().context();
  info.vhost = endpoint.tls ? service_.tls_vhost : service_.loop.impl().plain_vhost();
  info.address = address.host.c_str();
  info.port = endpoint.port;
  info.path = request_.target.c_str();
  info.host = host_header_.c_str();
  info.method = is_websocket ? nullptr : request_.method.c_str();
  info.protocol = protocols.empty() ? nullptr : protocols.c_str();
  info.local_protocol_name = Loop::Impl::kProtocol;
  info.alpn = "http/1.1";
  info.ietf_version_or_minus_one = -1;
  info.opaque_user_data = static_cast<LwsUser*>(this);
  info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
  if (endpoint.tls) info.ssl_connection |= LCCSCF_USE_SSL;
  if (own_host_check_) info.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
  if (lws_client_connect_via_info(&info) == nullptr) {
    wsi_ = nullptr;
    on_failed("");
  }
}

// --- What libwebsockets says

int ClientExchange::on_lws(lws* wsi, int reason, void* in, std::size_t size) {
  wsi_ = wsi;
  switch (reason) {
    case LWS_CALLBACK_WSI_CREATE:
      on_connected();
      return 0;
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
      return verify(in, size != 0);
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      return append_headers(in, size);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      // It is closing it, and what it has to say is said.
      ear_.stop();
      lws_set_opaque_user_data(std::exchange(wsi_, nullptr), nullptr);
      on_failed(in == nullptr ? std::string() : std::string(static_cast<const char*>(in), size));
      return 0;
    case LWS_CALLBACK_WSI_DESTROY:
      ear_.stop();
      wsi_ = nullptr;
      on_failed("");
      return 0;
    default:
      return on_reply(reason, in, size);
  }
}

void ClientExchange::on_connected() {
  patience_.cancel();
  if (way_) {
    SIO_CHECK(::dup3(way_.get(), lws_get_socket_fd(wsi_), O_CLOEXEC) >= 0);
    way_.reset();
  } else if (service_.options.watcher != nullptr) {
    tell_stage({.stage = ConnectStage::tcp, .peer = where()});
  }
  stage_ = request_.endpoint.tls ? ConnectStage::tls : ConnectStage::http;
}

int ClientExchange::verify(void* store, bool verified) {
  const std::string host = own_host_check_ ? request_.endpoint.host : "";
  const Verdict verdict = judge_certificate(static_cast<x509_store_ctx_st*>(store), verified,
                                            service_.options.tls.insecure, host);
  if (!verdict.accepted) tls_verdict_ = verdict;
  return verdict.accepted ? 0 : 1;
}

int ClientExchange::append_headers(void* in, std::size_t room) {
  if (service_.options.watcher != nullptr && request_.endpoint.tls)
    tell_stage({.stage = ConnectStage::tls, .tls = tls_facts(lws_get_ssl(wsi_))});
  stage_ = ConnectStage::http;
  std::string text;
  for (const auto& [name, value] : request_.headers) append_header(text, name, value);
  const bool tells_length =
      !request_.body.empty() ||
      (!request_.method.empty() && request_.method != "GET" && request_.method != "HEAD");
  if (tells_length) append_header(text, "Content-Length", std::to_string(request_.body.size()));
  if (text.size() > room) {
    fail({.stage = ConnectStage::http,
          .message = where_text(request_.endpoint) + ": the headers are too large"});
    return -1;
  }
  auto** end = static_cast<char**>(in);
  std::memcpy(*end, text.data(), text.size());
  *end += text.size();
  if (service_.options.trace != nullptr) trace_request(*end);
  if (!request_.body.empty()) {
    lws_client_http_body_pending(wsi_, 1);
    lws_callback_on_writable(wsi_);
  }
  // What is not HTTP libwebsockets takes for a header that has no end yet. So it is noted here when
  // something comes. (With TLS something does in any case, and who speaks that was not hit by
  // chance.)
  if (!request_.endpoint.tls) listen_for_anything();
  on_requested();
  return 0;
}

// The head that libwebsockets has written up to `end`, in one piece: it is found by its first line.
void ClientExchange::trace_request(const char* end) {
  const std::string first = fmt::format(
      "{} {} HTTP/1.1\r\n", request_.method.empty() ? "GET" : request_.method, request_.target);
  const char* begin = end - first.size();
  for (std::size_t size = first.size(); size < kMaxHead; ++size, --begin) {
    if (std::memcmp(begin, first.data(), first.size()) != 0) continue;
    return service_.options.trace->on_request({begin, static_cast<std::size_t>(end - begin)});
  }
}

void ClientExchange::trace_response(int status) {
  HttpHeaders headers = read_known_headers(wsi_);
  add_custom_headers(wsi_, {}, headers);
  service_.options.trace->on_response(status, headers);
}

// What is there already libwebsockets may read in this very turn: the watch would not see it.
void ClientExchange::listen_for_anything() {
  char byte = 0;
  if (::recv(lws_get_socket_fd(wsi_), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
    return note_heard(byte);
  [[maybe_unused]] const Status status = ear_.start(lws_get_socket_fd(wsi_), EPOLLIN | EPOLLET);
  received_before_ = bytes_received(lws_get_socket_fd(wsi_));
  patience_.arm_in(kHeadTime);
}

// What comes while poll(2) looks at one descriptor after the other may be read before the watch
// tells of it.
void ClientExchange::ask_whether_anything_came() {
  if (bytes_received(lws_get_socket_fd(wsi_)) > received_before_) note_heard('\0');
}

void ClientExchange::on_fd_ready(FdWatch&, std::uint32_t) {
  ear_.stop();
  char byte = 0;
  // Zero: it says that it sends no more, and has said nothing before.
  if (::recv(lws_get_socket_fd(wsi_), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0) note_heard(byte);
}

void ClientExchange::note_heard(char first_byte) {
  heard_ = first_byte == kTlsAlert ? Symptom::speaks_tls : Symptom::not_http;
  patience_.arm_in(kHeadTime);
}

// A stage is done, and the next one begins.
void ClientExchange::tell_stage(StageDone done) {
  const TimePoint now = SystemClock().now();
  done.took = now - std::exchange(stage_began_, now);
  service_.options.watcher->on_stage_done(done);
}

void ClientExchange::head_came(int status) {
  if (service_.options.watcher != nullptr)
    tell_stage({.stage = ConnectStage::http,
                .http_status = status,
                .http_server = header_value(read_known_headers(wsi_), "server")});
  if (service_.options.trace != nullptr) trace_response(status);
  head_came_ = true;
  ear_.stop();
  patience_.cancel();
}

void ClientExchange::on_failed(const std::string& what) {
  if (then_ != Then::nothing) return;
  patience_.cancel();
  if (stage_ == ConnectStage::tcp) return then(Then::next_address);
  if (stage_ == ConnectStage::proxy)
    return fail({.stage = ConnectStage::tcp, .message = where() + ": no descriptors"});
  // In TLS 1.3 a client has done its part before the server has looked at its certificate.
  const bool refused =
      request_.endpoint.tls && !head_came_ && what.find("HS:") == std::string::npos;
  if (stage_ == ConnectStage::http && !refused) return on_no_reply(what);
  const Verdict verdict = judge_tls(what, refused);
  fail({.stage = ConnectStage::tls,
        .message = fmt::format("TLS with {}: {}", where(), verdict.cause),
        .symptom = verdict.symptom});
}

// `refused`: after our part of the handshake was done.
Verdict ClientExchange::judge_tls(const std::string& what, bool refused) const {
  if (!tls_verdict_.cause.empty()) return tls_verdict_;
  if (refused && stage_ == ConnectStage::http)
    return {.cause = "the server closed the connection; it may want a certificate",
            .symptom = Symptom::wants_our_own};
  if (what.empty() || what.find("SYSCALL") != std::string::npos)
    return {.cause = "the server closed the connection", .symptom = Symptom::closed};
  return judge_handshake();
}

// --- Ends

void ClientExchange::wait_forever() {
  timer_.cancel();
  forever_ = true;
  service_.loop.impl().defer(*this);  // libwebsockets is about to set a time-out of its own
}

void ClientExchange::then(Then next) {
  then_ = next;
  service_.loop.impl().defer(*this);
}

void ClientExchange::fail(ConnectFailure failure) {
  if (then_ == Then::failure || then_ == Then::success) return;
  failure_ = std::move(failure);
  timer_.cancel();
  patience_.cancel();
  let_go();
  then(Then::failure);
}

void ClientExchange::succeed() {
  if (then_ == Then::failure || then_ == Then::success) return;
  timer_.cancel();
  let_go();
  then(Then::success);
}

void ClientExchange::run_deferred() {
  if (forever_ && wsi_ != nullptr) lws_set_timeout(wsi_, NO_PENDING_TIMEOUT, 0);
  switch (std::exchange(then_, Then::nothing)) {
    case Then::nothing:
      return;
    case Then::next_address:
      if (next_ < addresses_.size()) return try_next();
      then_ = Then::nothing;
      probe_ = std::make_unique<Probe>(service_.loop, static_cast<ProbeEvents&>(*this));
      return probe_->start(addresses_.back());
    case Then::failure:
      return tell(std::move(failure_));
    case Then::success:
      return tell_success();
  }
}

void ClientExchange::on_probed(int number) {
  fail({.stage = ConnectStage::tcp,
        .message = fmt::format("connect {}: {}", where(),
                               number == 0 ? "no connection" : errno_text(number)),
        .error_number = number});
}

void ClientExchange::on_timer(Timer& timer) {
  if (&timer == &patience_) {
    if (stage_ == ConnectStage::http && heard_ == Symptom::closed)
      return ask_whether_anything_came();
    let_go();
    return heard_ != Symptom::closed ? on_no_reply("") : then(Then::next_address);
  }
  fail({.stage = ConnectStage::timeout,
        .message = fmt::format("{} within {}", what_took_too_long(),
                               seconds_text(service_.options.connect_timeout)),
        .waited_in =
            stage_ == ConnectStage::tcp && addresses_.empty() ? ConnectStage::dns : stage_});
}

std::string ClientExchange::what_took_too_long() const {
  if (stage_ == ConnectStage::http)
    return where_text(request_.endpoint) + ": no answer to the WebSocket request";
  if (stage_ == ConnectStage::proxy) return name_of(*service_.options.proxy) + ": no answer";
  const char* doing = stage_ == ConnectStage::tls ? "TLS with" : "connect";
  return fmt::format("{} {}: no answer", doing,
                     addresses_.empty() ? where_text(request_.endpoint) : where());
}

}  // namespace sio::net

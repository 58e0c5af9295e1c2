#include "server/connection.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random_id.h"
#include "proto/handshake.h"
#include "proto/limits.h"
#include "server/cluster_node.h"
#include "server/transport_filters.h"

namespace sio::server {
namespace {

void log_debug(std::uint64_t session, std::string_view what) {
  if (log_enabled(LogLevel::debug)) log(LogLevel::debug, fmt::format("#{} {}", session, what));
}

// Whether a client that left for this reason may come back: the official server's list.
bool is_lost(std::string_view reason) {
  constexpr std::string_view kLost[] = {"transport error",      "transport close",
                                        "forced close",         "ping timeout",
                                        "server shutting down", "forced server close"};
  return std::ranges::find(kLost, reason) != std::end(kLost);
}

// Packets without data, pings and the like, do not count: as with the official server.
void tell_received(Watcher& watcher, bool is_binary, std::string_view bytes) {
  if (is_binary) return watcher.on_received(bytes.size());
  if (bytes.size() > 1) watcher.on_received(bytes.size() - 1);
}

// So that a client can tell what it must not ask here from what it may not.
std::string_view refusal_data(const Error& error) {
  return error.code == Errc::unavailable ? R"({"code":"unavailable"})" : "";
}

}  // namespace

Connection::Connection(ConnectionContext& context, std::string sid,
                       std::unique_ptr<Handshake> handshake, Client client)
    : context_(context),
      sid_(std::move(sid)),
      engine_(context.timing, context.loop.now(), client.revision),
      timer_(context.loop, *this),
      connect_deadline_(context.loop.now() + context.options.connect_timeout),
      handshake_(std::move(handshake)),
      number_(++context.last_session),
      base64_only_(client.base64_only) {
  is_old_client_ = client.revision == proto::EngineRevision::v3;
  if (!client.query_auth.empty())
    query_auth_ = std::make_unique<std::string>(std::move(client.query_auth));
  update_timer();
}

Connection::~Connection() = default;

// --- transport

void Connection::open_polling() {
  polling_ = std::make_unique<PollingTransport>(
      context_.loop, context_.cors, context_.options.max_payload, context_.dirty_polls, *this,
      PollingTransport::Dialect{revision(), base64_only_});
  start(*polling_, true);
}

void Connection::on_open(net::Transport& transport) {
  awaits_open_ = false;
  if (!ended_) return start(transport, false);
  real_transport_ = &transport;
  retire();
}

void Connection::start(net::Transport& transport, bool may_upgrade) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  wrap(transport);
  add_packet_filters();
  log_debug(number_, fmt::format("open, {}", transport.name()));
  proto::OpenPacket open{
      .sid = sid_,
      .ping_interval = duration_cast<milliseconds>(context_.options.ping_interval),
      .ping_timeout = duration_cast<milliseconds>(context_.options.ping_timeout),
      .max_payload = context_.options.max_payload};
  if (may_upgrade) open.upgrades.emplace_back("websocket");
  context_.hub.send_text(*this, proto::encode_open(open));
  if (!is_old_client()) return;
  // Old clients are in "/" without asking.
  const auto auth = std::exchange(query_auth_, nullptr);
  request_namespace("/", auth == nullptr ? std::string_view() : *auth);
}

// Makes `transport` the one that frames go to, through what its wire needs; add_packet_filters()
// follows.
void Connection::wrap(net::Transport& transport) {
  filters_.clear();
  real_transport_ = &transport;
  transport_ = &transport;
  if (transport.name() == "websocket" && base64_only_) {
    add_filter(std::make_unique<Base64Transport>(*transport_, context_.loop.frames(),
                                                 is_old_client() ? "b4" : "b"));
  } else if (transport.name() == "websocket" && is_old_client()) {
    add_filter(std::make_unique<Engine3Transport>(*transport_, context_.engine3_frames));
  }
}

void Connection::add_packet_filters() {
  if (context_.options.parser == proto::Parser::msgpack)
    add_filter(std::make_unique<MsgpackTransport>(*transport_, context_.msgpack_frames));
  if (log_enabled(LogLevel::trace))
    add_filter(std::make_unique<TracingTransport>(*transport_, number_));
  if (Watcher* watcher = context_.hub.watcher(); watcher != nullptr)
    add_filter(std::make_unique<WatchedTransport>(*transport_, *this, *watcher));
}

void Connection::watcher_has_changed() {
  if (transport_ == nullptr) return;
  wrap(*real_transport_);
  add_packet_filters();
}

void Connection::add_filter(std::unique_ptr<net::Transport> filter) {
  transport_ = filter.get();
  filters_.push_back(std::move(filter));
}

net::TransportEvents* Connection::begin_upgrade() {
  if (ended_ || polling_ == nullptr || upgrade_ != nullptr) return nullptr;
  upgrade_ = std::make_unique<Upgrade>(context_, *this);
  return upgrade_.get();
}

void Connection::drop_upgrade() {
  upgrade_.reset();
}

// Everything that the polling transport still held goes first.
void Connection::finish_upgrade(net::Transport& websocket) {
  context_.hub.commit();
  const std::deque<PollingTransport::Packet> held = polling_->hand_over();
  polling_.reset();
  websocket.set_events(*this);
  wrap(websocket);
  for (const PollingTransport::Packet& packet : held) {
    const net::Frame frame = packet.binary ? context_.loop.frames().binary(packet.data)
                                           : context_.loop.frames().text({packet.data});
    transport_->send(net::FrameRun{frame.bytes(), {&frame, 1}});
  }
  add_packet_filters();
  engine_.excuse(context_.loop.now());
  update_timer();
  log_debug(number_, "upgraded to websocket");
  if (context_.hub.watcher() != nullptr) context_.hub.watcher()->on_upgraded(*this);
  drop_upgrade();
  context_.hub.on_drained(*this);
}

void Connection::on_drained() {
  // Who takes that much is alive, though its pong may be far behind.
  if (!ended_) engine_.excuse(context_.loop.now());
  context_.hub.on_drained(*this);
}

void Connection::on_closed(const net::TransportClosed& closed) {
  using net::CloseReason;
  transport_ = real_transport_ = nullptr;
  awaits_open_ = false;
  if (ended_) return retire();
  const bool in_order = closed.reason == CloseReason::remote || closed.reason == CloseReason::local;
  if (!closed.detail.empty()) log_debug(number_, closed.detail);
  end(in_order ? "transport close" : "transport error", Ending::at_once);
}

void Connection::pause_reading() {
  if (std::exchange(reading_paused_, true) || transport_ == nullptr) return;
  transport_->pause_reading();
}

void Connection::resume_reading() {
  if (!std::exchange(reading_paused_, false)) return;
  engine_.excuse(context_.loop.now());
  update_timer();
  if (transport_ != nullptr) transport_->resume_reading();
}

// --- time

void Connection::update_timer() {
  if (kick_reason_ != nullptr) return;
  const TimePoint due = std::min(engine_.next_deadline(), connect_deadline_);
  if (timer_.armed() && timer_.deadline() == due) return;
  timer_.arm(due);
}

void Connection::on_timer(net::Timer&) {
  if (ended_) return;
  const TimePoint now = context_.loop.now();
  if (kick_reason_ != nullptr) return end("transport close", Ending::at_once);
  if (now >= connect_deadline_) {
    log_debug(number_, "no namespace joined in time");
    return end("forced server close", Ending::in_good_order);
  }
  // A client that is not read from cannot be heard.
  if (reading_paused_) engine_.excuse(now);
  const auto due = engine_.on_deadline(now);
  if (due == proto::EngineServer::Due::ping_timeout) return end("ping timeout", Ending::at_once);
  if (due == proto::EngineServer::Due::send_ping) {
    context_.hub.send_text(*this, "2");
    context_.hub.on_ping_sent(*this);
  }
  update_timer();
}

void Connection::kick(std::string_view why) {
  if (ended_ || kick_reason_ != nullptr) return;
  kick_reason_ = std::make_unique<std::string>(why);
  log(LogLevel::warning, fmt::format("closing #{}: {}", number_, why));
  timer_.arm(context_.loop.now());
}

// --- packets

void Connection::on_message(net::MessageKind kind, std::string_view bytes) {
  using Action = proto::EngineServer::Action;
  if (ended_) return;
  const bool binary = kind == net::MessageKind::binary;
  if (log_enabled(LogLevel::trace)) trace_packet(number_, '<', binary, bytes);
  if (Watcher* watcher = context_.hub.watcher(); watcher != nullptr)
    tell_received(*watcher, binary, bytes);
  const TimePoint now = context_.loop.now();
  const auto received = binary ? engine_.receive_binary(bytes, now)
                               : engine_.receive_text(bytes, context_.scratch, now);
  switch (received.action) {
    case Action::message:
      received.binary ? on_sio_binary(received.data) : on_sio_text(received.data);
      break;
    case Action::answer_ping:
      context_.hub.send_text(*this, "3");
      break;
    case Action::closed_by_peer:
      return end("transport close", Ending::at_once);
    case Action::transport_error:
      return end("transport error", Ending::at_once);
    case Action::parse_error:
      return end("parse error", Ending::at_once);
    case Action::none:
      if (bytes == "3") context_.hub.on_pong(*this);
      break;
  }
  if (ended_) return;
  update_timer();
  // A turn ends early when more was said than a slow reader may hold.
  if (context_.loop.frames().size() > context_.hub.backlog_limit()) context_.loop.finish_turn();
}

void Connection::on_sio_text(std::string_view text) {
  if (context_.options.parser == proto::Parser::msgpack)
    return bad_packet({Errc::protocol, "text from a client without the msgpack parser"});
  if (assembler_ != nullptr && assembler_->waits_for_attachments())
    return on_assembled(assembler_->add_text(text));
  if (is_old_client() && text.starts_with("0/")) return on_old_connect(text);
  const auto packet = context_.decoder.decode(text);
  if (!packet) return bad_packet(packet.error());
  if (packet->attachments == 0) return dispatch(*packet, nullptr);
  if (assembler_ == nullptr) {
    const std::size_t max_bytes = context_.options.max_payload * (proto::kMaxAttachments + 1);
    assembler_ = std::make_unique<proto::PacketAssembler>(context_.decoder, max_bytes);
  }
  on_assembled(assembler_->add_text(text));
}

void Connection::on_sio_binary(std::string_view bytes) {
  if (context_.options.parser == proto::Parser::msgpack) return on_msgpack(bytes);
  if (assembler_ == nullptr)
    return bad_packet({Errc::protocol, "a binary message that nothing waits for"});
  on_assembled(assembler_->add_binary(bytes));
}

void Connection::on_msgpack(std::string_view bytes) {
  const auto unpacked = proto::decode_msgpack(bytes);
  if (!unpacked) return bad_packet(unpacked.error());
  if (log_enabled(LogLevel::trace)) trace_packet(number_, '<', false, "4" + unpacked->text);
  if (is_old_client() && unpacked->text.starts_with("0/")) return on_old_connect(unpacked->text);
  const auto packet = context_.decoder.decode(unpacked->text);
  if (!packet) return bad_packet(packet.error());
  dispatch(*packet, packet->attachments == 0 ? nullptr : &unpacked->attachments);
}

void Connection::on_assembled(const Result<const proto::CompletePacket*>& result) {
  if (!result) return bad_packet(result.error());
  if (*result != nullptr) dispatch((*result)->packet, (*result)->attachments);
}

void Connection::bad_packet(const Error& error) {
  log_debug(number_, fmt::format("bad packet: {}", error.message));
  end("forced close", Ending::at_once);
}

void Connection::dispatch(const proto::PacketView& packet,
                          const std::vector<std::string>* attachments) {
  using proto::PacketType;
  if (packet.type == PacketType::connect) return request_namespace(packet.ns, packet.payload);
  Socket* socket = context_.hub.find_on(*this, packet.ns);
  if (socket == nullptr || packet.type == PacketType::connect_error) {
    log_debug(number_, fmt::format("a packet for {} out of turn", packet.ns));
    return end("forced server close", Ending::in_good_order);
  }
  if (packet.type == PacketType::disconnect) return leave(*socket, "client namespace disconnect");
  if (packet.payload.empty()) return;  // tolerated, and means nothing
  if (proto::is_event(packet.type)) {
    if (context_.hub.watcher() != nullptr)
      context_.hub.watcher()->on_event(*socket, packet, attachments);
    context_.policy.on_event(*socket, packet, attachments);
  } else if (ClusterNode* const cluster = context_.hub.cluster();
             cluster == nullptr || !cluster->take_ack(*socket, packet, attachments)) {
    context_.policy.on_ack(*socket, packet, attachments);
  }
}

// --- namespaces

bool Connection::is_pending(std::string_view ns) const {
  return pending_ != nullptr && std::ranges::any_of(*pending_, [ns](const PendingConnect& pending) {
           return pending.ns == ns;
         });
}

void Connection::on_old_connect(std::string_view message) {
  const auto connect = proto::parse_old_connect(message);
  if (!connect) return bad_packet(connect.error());
  request_namespace(connect->ns, connect->auth);
}

void Connection::request_namespace(std::string_view ns, std::string_view auth) {
  if (context_.hub.find_on(*this, ns) != nullptr || is_pending(ns)) {
    log_debug(number_, fmt::format("a second CONNECT to {}", ns));
    return end("forced server close", Ending::in_good_order);
  }
  if (!has_namespace(context_.options, ns)) return refuse(ns, "Invalid namespace");
  const std::size_t waiting = pending_ == nullptr ? 0 : pending_->size();
  if (sockets_ + waiting >= proto::kMaxNamespacesPerConnection)
    return refuse(ns, "Too many namespaces");
  const std::string socket_sid = random_id();
  Admission admission = context_.policy.on_connect_request(
      {.sid = socket_sid, .ns = ns, .auth = auth, .handshake = handshake_.get()});
  if (admission.verdict != Admission::Verdict::later)
    return admit(socket_sid, ns, auth, std::move(admission));
  hold(socket_sid, ns, auth, std::move(admission.access));
}

// Until decide().
void Connection::hold(std::string_view socket_sid, std::string_view ns, std::string_view auth,
                      std::unique_ptr<Access> access) {
  if (pending_ == nullptr) pending_ = std::make_unique<std::vector<PendingConnect>>();
  pending_->push_back(
      {std::string(socket_sid), std::string(ns), std::string(auth), std::move(access)});
  context_.owner.on_request_pending(pending_->back().sid, *this);
}

void Connection::decide(std::string_view socket_sid, Admission admission) {
  if (ended_ || pending_ == nullptr) return;
  const auto it = std::ranges::find(*pending_, socket_sid, &PendingConnect::sid);
  if (it == pending_->end()) return;
  if (admission.access != nullptr) it->access = std::move(admission.access);
  if (admission.verdict == Admission::Verdict::later) return;
  PendingConnect pending = std::move(*it);
  pending_->erase(it);
  admission.access = std::move(pending.access);
  context_.owner.on_request_settled(pending.sid);
  admit(pending.sid, pending.ns, pending.auth, std::move(admission));
}

void Connection::admit(std::string_view socket_sid, std::string_view ns, std::string_view auth,
                       Admission admission) {
  if (admission.verdict == Admission::Verdict::accept) {
    ClusterNode* const cluster = context_.hub.cluster();
    if (cluster == nullptr || cluster->is_ready(ns))
      return join(socket_sid, ns, auth, std::move(admission.access));
    const std::string sid(socket_sid);
    hold(sid, ns, auth, std::move(admission.access));
    return cluster->wait_for(ns, sid);
  }
  log_debug(number_, fmt::format("refused in {}: {}", ns, admission.message));
  refuse(ns, admission.message, admission.data);
}

void Connection::join(std::string_view socket_sid, std::string_view ns, std::string_view auth,
                      std::unique_ptr<Access> access) {
  std::optional<proto::Hello> hello;
  const bool speaks_extension = context_.policy.speaks_extension() && !is_old_client();
  if (speaks_extension) {
    auto parsed = proto::parse_hello(auth);
    if (!parsed) return refuse(ns, parsed.error().message);
    hello = std::move(*parsed);
  }
  const proto::Hello wishes = hello.value_or(proto::Hello());
  if (access != nullptr)
    if (const Status status = access->check(ns, wishes, context_.hub.groups()); !status)
      return refuse(ns, status.error().message);
  if (const Status status = context_.hub.admit(ns, wishes); !status)
    return refuse(ns, status.error().message, refusal_data(status.error()));
  std::optional<Hub::Recovery> recovery;
  if (speaks_extension) recovery = context_.hub.find_recovery(ns, auth, wishes);
  if (recovery && access != nullptr && !access->check_rooms(recovery->session->rooms))
    recovery.reset();
  if (recovery) socket_sid = recovery->session->sid;
  Socket& socket = context_.hub.connect(*this, ns, socket_sid, wishes, recovery.has_value());
  if (access != nullptr) socket.grant(std::move(access));
  if (is_old_client()) context_.hub.add_alias(socket, old_id_in(ns));
  ++sockets_;
  connect_deadline_ = kNever;
  const Session* session = recovery ? recovery->session : socket.session;
  std::string reply =
      "4" + proto::encode_connect(ns, reply_for(socket_sid, session, hello.has_value()));
  log_debug(number_,
            fmt::format("{} connects to {}{}", socket_sid, ns, recovery ? ", recovered" : ""));
  if (recovery) {
    context_.hub.recover(socket, *recovery, std::move(reply));
  } else {
    context_.hub.send_text(*this, reply);
  }
  context_.policy.on_connected(socket);
  if (!recovery) context_.hub.start(socket, wishes);
}

// The payload of the CONNECT reply. `is_ours`: the client has asked for what only sio does.
std::string Connection::reply_for(std::string_view socket_sid, const Session* session,
                                  bool is_ours) const {
  if (is_old_client()) return {};
  const Hub& hub = context_.hub;
  std::string reply = fmt::format(R"({{"sid":"{}")", socket_sid);
  if (session != nullptr) reply += fmt::format(R"(,"pid":"{}")", session->pid);
  if (is_ours) {
    proto::Welcome welcome{.server = "sio/" + context_.options.version,
                           .store = std::string(hub.store() == nullptr ? "" : hub.store()->name()),
                           .last = hub.newest_id(),
                           .relay = std::string(context_.policy.relay())};
    if (hub.store() != nullptr) welcome.features.emplace_back("since");
    if (hub.groups() != nullptr) welcome.features.emplace_back("group");
    if (hub.has_sessions()) welcome.features.emplace_back("recover");
    reply += ",\"sio\":" + proto::encode_welcome(welcome);
  }
  return reply + '}';
}

void Connection::refuse(std::string_view ns, std::string_view message, std::string_view data) {
  context_.hub.send_text(*this,
                         "4" + (is_old_client() ? proto::encode_old_error(ns, message, data)
                                                : proto::encode_connect_error(ns, message, data)));
}

// What an old client takes for its id: it works it out by itself.
std::string Connection::old_id_in(std::string_view ns) const {
  return ns == "/" ? sid_ : fmt::format("{}#{}", ns, sid_);
}

void Connection::leave(Socket& socket, std::string_view reason) {
  log_debug(number_,
            fmt::format("{} disconnects from {}: {}", socket.sid(), socket.ns.name, reason));
  context_.policy.on_disconnecting(socket, reason);
  context_.hub.disconnect(socket, is_lost(reason), reason);
  // Nobody is left on whose behalf the client was told to wait.
  if (--sockets_ == 0) resume_reading();
}

// --- the end

void Connection::give_up(Socket& socket) {
  leave(socket, "transport close");
  if (sockets_ == 0) kick("its client has come back on another connection");
}

void Connection::disconnect(Socket& socket) {
  const std::string packet = "4" + proto::encode_disconnect(socket.ns.name);
  context_.hub.send_text(*this, packet);
  leave(socket, "server namespace disconnect");
}

void Connection::disconnect_all() {
  while (Socket* socket = Hub::first_on(*this)) disconnect(*socket);
  end("server namespace disconnect", Ending::in_good_order);
}

void Connection::shut_down() {
  end("server shutting down", polling_ == nullptr ? Ending::in_good_order : Ending::at_once);
}

void Connection::end(std::string_view reason, Ending ending) {
  if (std::exchange(ended_, true)) return;
  context_.owner.on_session_ending();
  timer_.cancel();
  upgrade_.reset();
  if (pending_ != nullptr) {
    for (const PendingConnect& pending : *pending_) {
      context_.owner.on_request_settled(pending.sid);
      context_.policy.on_request_withdrawn(pending.sid);
    }
  }
  while (Socket* socket = Hub::first_on(*this)) leave(*socket, reason);
  log_debug(number_, fmt::format("closed: {}", reason));
  if (context_.hub.watcher() != nullptr) context_.hub.watcher()->on_session_closed(reason);
  transport_ = nullptr;
  if (polling_ != nullptr && real_transport_ != nullptr && ending == Ending::in_good_order) {
    polling_->close(0);  // the session stays known until on_closed()
    return;
  }
  retire();
}

// Lets go of the transport; the object is destroyed at the end of the turn.
void Connection::retire() {
  if (awaits_open_) return;
  net::Transport* transport = std::exchange(real_transport_, nullptr);
  if (transport != nullptr) {
    const bool is_polling = transport == polling_.get();
    transport->set_events(context_.unwanted);
    is_polling || kick_reason_ != nullptr ? transport->abort() : transport->close(0);
  }
  context_.owner.on_session_ended(*this);
}

}  // namespace sio::server

#include "client/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/random_id.h"
#include "client/last_argument.h"
#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::client {
namespace {

// How long a server may take to answer CONNECT.
constexpr Duration kJoinPatience = std::chrono::seconds(20);
// While the first connection is waited for, attempts are cheap and somebody is waiting.
constexpr BackoffLimits kFirstWait = {.first = std::chrono::milliseconds(100),
                                      .longest = std::chrono::seconds(2)};
// Events that come before the answer to CONNECT: recovery may send many.
constexpr std::size_t kMaxHeldBytes = 64u << 20;

double chance() {
  std::uint32_t bits = 0;
  random_bytes(&bits, sizeof bits);
  return static_cast<double>(bits) / 4294967296.0;
}

// The string member `key` of a checked object, or "".
std::string string_member(std::string_view object, std::string_view key) {
  const auto value = proto::object_member(object, key);
  if (!value || proto::json_kind(*value) != proto::JsonKind::string) return {};
  return proto::json_unescape(*value);
}

bool is_object(std::string_view checked) {
  return !checked.empty() && proto::json_kind(checked) == proto::JsonKind::object;
}

}  // namespace

Client::Client(net::Loop& loop, net::Connector& connector, ClientOptions options,
               Credentials& credentials, ClientEvents& events, Trace* trace)
    : loop_(loop),
      options_(std::move(options)),
      credentials_(credentials),
      events_(events),
      trace_(trace),
      link_(loop, connector, options_.target, *this, trace),
      timer_(loop, *this),
      backoff_(kFirstWait) {
  for (const std::string& ns : options_.namespaces) add_namespace(ns);
}

void Client::start() {
  give_up_at_ = loop_.now() + options_.first_wait;
  connect();
}

void Client::add_namespace(const std::string& ns) {
  const auto [it, is_new] = sessions_.try_emplace(ns);
  if (!is_new) return;
  it->second.ns = ns;
  if (link_.is_open()) send_connect(it->second);
}

void Client::connect() {
  auto headers = credentials_.headers();
  if (headers) return link_.connect(std::move(*headers));
  const Outcome outcome{.ending = Ending::usage, .message = headers.error().message};
  if (!ever_joined_) return fail(outcome);
  retry({.why = {.cause = outcome}});
}

void Client::on_link_open() {
  assembler_.emplace(decoder_, proto::kClientMaxMessage);
  timer_.arm_in(kJoinPatience);
  for (auto& [ns, session] : sessions_)
    if (session.state == State::idle) send_connect(session);
}

void Client::send_connect(Session& session) {
  auto auth = credentials_.auth();
  if (!auth) {
    const Outcome outcome{.ending = Ending::usage, .message = auth.error().message};
    return ever_joined_ ? link_.drop(outcome) : fail(outcome);
  }
  session.state = State::joining;
  if (!timer_.armed()) timer_.arm_in(kJoinPatience);
  link_.send_text(proto::encode_connect(session.ns, connect_payload(session, std::move(*auth))));
}

std::string Client::connect_payload(const Session& session, std::string auth) const {
  if (options_.ask_hello) auth = proto::auth_with_hello(auth, hello_for(session));
  if (session.pid.empty()) return auth;
  std::string recovery = "{\"pid\":" + proto::json_string(session.pid);
  if (!session.offset.empty()) recovery += ",\"offset\":" + session.offset;
  // What the user says in -A wins: of two members of one name the last one counts.
  const std::size_t brace = auth.find('{');
  if (brace == std::string::npos) return recovery + "}";
  const std::string_view members = std::string_view(auth).substr(brace + 1);
  const bool has_members = members.find('"') != std::string_view::npos;
  return recovery + (has_members ? "," : "") + std::string(members);
}

// What is asked for: at first what the user wants, then to go on where the last connection ended. A
// group's position is the server's business; `since` would move it once more.
proto::Hello Client::hello_for(const Session& session) const {
  proto::Hello hello = options_.hello;
  if (!hello.group.empty()) {
    if (session.was_joined) hello.since.reset();
  } else if (hello.meta && !session.resume_id.empty()) {
    hello.since = session.resume_id;
    hello.tail.reset();
  }
  return hello;
}

void Client::on_link_text(std::string_view message) {
  take(assembler_->add_text(message));
}

void Client::on_link_binary(std::string_view bytes) {
  take(assembler_->add_binary(bytes));
}

void Client::take(const Result<const proto::CompletePacket*>& packet) {
  if (!packet)
    return link_.drop(
        {.ending = Ending::lost, .message = "parse error: " + packet.error().message});
  if (*packet != nullptr) dispatch(**packet);
}

Client::Session* Client::find(std::string_view ns) {
  if (last_found_ != nullptr && last_found_->ns == ns) return last_found_;
  const auto it = sessions_.find(ns);
  if (it == sessions_.end()) return nullptr;
  last_found_ = &it->second;
  return last_found_;
}

void Client::dispatch(const proto::CompletePacket& complete) {
  const proto::PacketView& packet = complete.packet;
  Session* session = find(packet.ns);
  if (session == nullptr) return;
  switch (packet.type) {
    case proto::PacketType::event:
    case proto::PacketType::binary_event:
      return got_event(*session, complete);
    case proto::PacketType::ack:
    case proto::PacketType::binary_ack:
      if (packet.ack_id)
        events_.on_ack({packet.ns, *packet.ack_id, packet.args, complete.attachments});
      return;
    case proto::PacketType::connect:
      return got_connect(*session, packet.payload);
    case proto::PacketType::connect_error:
      return got_connect_error(*session, packet.payload);
    case proto::PacketType::disconnect:
      return lose_session(*session, {session->ns, "the server ended the session", {}, true},
                          Ending::lost);
  }
}

void Client::got_connect(Session& session, std::string_view payload) {
  if (session.state != State::joining) return;
  const std::string sid = is_object(payload) ? string_member(payload, "sid") : std::string();
  if (sid.empty()) return fail(diagnose_version_2(options_.target).cause);
  const std::string pid = string_member(payload, "pid");
  const bool recovered = !pid.empty() && pid == session.pid;
  const bool again = std::exchange(session.was_joined, true);
  session.sid = sid;
  session.pid = pid;
  if (!recovered) session.offset.clear();
  session.welcome = options_.ask_hello ? proto::parse_welcome(payload) : std::nullopt;
  session.state = State::joined;
  ever_joined_ = true;
  backoff_ = Backoff(options_.backoff);
  if (!waits_for_answers()) timer_.cancel();
  note_position(session);
  const proto::Welcome* welcome = session.welcome ? &*session.welcome : nullptr;
  attempts_ = 0;
  step(fmt::format("joined namespace {} as {}{}{}", session.ns, session.sid,
                   recovered ? ", recovered" : "",
                   welcome == nullptr ? "" : ", server " + std::string(welcome->server)));
  events_.on_joined({session.ns, session.sid, link_.transport_name(), welcome, again, recovered});
  ask_for_rooms(session);
  if (again && !recovered) tell_if_not_resumed(session);
  release_held(session);
}

bool Client::waits_for_answers() const {
  return std::ranges::any_of(
      sessions_, [](const auto& entry) { return entry.second.state == State::joining; });
}

// Where to resume if this connection is lost before the first event.
void Client::note_position(Session& session) const {
  if (!session.welcome || session.welcome->store.empty()) return session.resume_id.clear();
  const auto known = proto::parse_record_id(session.resume_id);
  if (known && known->store == session.welcome->store) return;
  const proto::Hello& asked = options_.hello;
  const bool first = session.resume_id.empty();
  const bool from_the_past = asked.tail.value_or(0) > 0 || asked.since.value_or("now") != "now";
  if (first && from_the_past) return;
  session.resume_id = first && !session.welcome->last.empty()
                          ? session.welcome->last
                          : proto::format_record_id(session.welcome->store, 0);
}

void Client::ask_for_rooms(const Session& session) {
  if (session.welcome) return;
  for (const std::string& room : options_.hello.rooms)
    link_.send_text(proto::encode_event(session.ns, options_.join_event, proto::json_string(room)));
}

// A sio server with a queue says itself what it could not resume.
void Client::tell_if_not_resumed(const Session& session) {
  if (!options_.hello.meta) return;
  if (session.welcome && !session.welcome->store.empty()) return;
  events_.on_gap({.ns = session.ns, .after = {}, .before = {}, .reason = "not resumed"});
}

void Client::got_connect_error(Session& session, std::string_view payload) {
  if (session.state != State::joining) return;
  ConnectError error = parse_connect_error(payload);
  lose_session(session, {session.ns, std::move(error.message), error.data}, Ending::refused);
}

void Client::lose_session(Session& session, const ClientEvents::Refusal& refusal, Ending ending) {
  if (session.state == State::gone) return;
  session.state = State::gone;
  step(fmt::format("{} namespace {}: {}", refusal.was_joined ? "put out of" : "refused by",
                   session.ns, refusal.message));
  if (!waits_for_answers()) timer_.cancel();
  events_.on_refused(refusal);
  if (namespaces_left() > 0 || leaving_) return;
  Outcome outcome = diagnose_connect_error(options_.target, session.ns, refusal.message).cause;
  outcome.ending = ending;
  if (ending == Ending::refused)
    consider_group(outcome, refusal);
  else
    outcome.hint.clear();
  fail(outcome);
}

// A group may be what was refused, or what cannot be had here at all.
void Client::consider_group(Outcome& outcome, const ClientEvents::Refusal& refusal) const {
  if (options_.hello.group.empty() && options_.hello.inspect.empty()) return;
  if (is_object(refusal.data) && string_member(refusal.data, "code") == "unavailable") {
    outcome.ending = Ending::usage;
    outcome.hint = "sio serve --store DIR has a queue";
  } else if (refusal.message.find("group") != std::string::npos) {
    outcome.hint = "another --group?";
  }
}

std::size_t Client::namespaces_left() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      sessions_, [](const auto& entry) { return entry.second.state != State::gone; }));
}

void Client::got_event(Session& session, const proto::CompletePacket& complete) {
  if (session.state == State::joining) return hold(session, complete);
  if (session.state != State::joined || leaving_) return;
  const proto::PacketView& packet = complete.packet;
  ReceivedEvent event{&packet, complete.attachments, packet.args, nullptr, {}};
  if (session.welcome) {
    if (packet.event == proto::kGapEvent) return got_gap(session, packet.args);
    if (packet.event == proto::kEndEvent) return events_.on_past_end(session.ns);
    if (options_.hello.meta) {
      const LastArgument cut = split_last_argument(packet.args);
      if (auto meta = proto::parse_meta(cut.last)) {
        meta_ = std::move(*meta);
        if (!meta_.id.empty()) session.resume_id = meta_.id;
        event.args = cut.before;
        event.meta = &meta_;
      }
    }
  } else if (!session.pid.empty() && !packet.ack_id) {
    const LastArgument cut = split_last_argument(packet.args);
    if (cut.last.starts_with('"')) {
      session.offset = cut.last;
      event.args = cut.before;
      event.offset = cut.last;
    }
  }
  events_.on_event(event);
}

void Client::got_gap(Session& session, std::string_view args) {
  const LastArgument cut = split_last_argument(args);
  if (!is_object(cut.last)) return;
  const Gap gap{.ns = session.ns,
                .after = string_member(cut.last, "after"),
                .before = string_member(cut.last, "before"),
                .reason = string_member(cut.last, "reason")};
  if (gap.reason == "unknown") session.resume_id = session.welcome->last;
  events_.on_gap(gap);
}

void Client::hold(Session& session, const proto::CompletePacket& complete) {
  const proto::PacketView& packet = complete.packet;
  Held held;
  proto::append_header(held.text, packet.type, packet.attachments, packet.ns, packet.ack_id);
  held.text += packet.payload;
  held_bytes_ += held.text.size();
  if (complete.attachments != nullptr) held.attachments = *complete.attachments;
  for (const std::string& attachment : held.attachments) held_bytes_ += attachment.size();
  if (held_bytes_ > kMaxHeldBytes)
    return link_.drop(
        {.ending = Ending::lost, .message = "too many events before the answer to CONNECT"});
  session.held.push_back(std::move(held));
}

void Client::release_held(Session& session) {
  const std::vector<Held> held = std::exchange(session.held, {});
  held_bytes_ = 0;
  for (const Held& one : held) {
    const auto packet = decoder_.decode(one.text);
    if (!packet) continue;  // it has been decoded once: cannot be
    got_event(session, {*packet, one.attachments.empty() ? nullptr : &one.attachments});
  }
}

void Client::on_timer(net::Timer&) {
  if (!link_.is_open()) {
    events_.on_retry(++attempts_);
    return leaving_ ? void() : connect();
  }
  link_.drop(diagnose_unanswered_connect(options_.target).cause);
}

void Client::on_link_down(const LinkDown& down) {
  timer_.cancel();
  held_bytes_ = 0;
  for (auto& [ns, session] : sessions_) {
    session.held.clear();
    if (session.state != State::gone) session.state = State::idle;
  }
  if (verdict_) return events_.on_ended(*verdict_);
  if (leaving_) return events_.on_ended({});
  if (!ever_joined_) return connect_failed(down);
  if (!options_.reconnect || down.why.cause.ending == Ending::refused) {
    Outcome outcome = down.why.cause;
    if (outcome.ending == Ending::lost) {
      outcome.message =
          fmt::format("{}: connection lost: {}", options_.target.name, down.why.cause.message);
      if (outcome.hint.empty() && !options_.reconnect)
        outcome.hint = "it would be made again without --no-reconnect";
    }
    return events_.on_ended(outcome);
  }
  retry(down);
}

// The first connection: it is tried once, or as long as the user said.
void Client::connect_failed(const LinkDown& down) {
  const Diagnosis why =
      down.was_open ? diagnose_end_before_join(options_.target, down.why) : down.why;
  if (!why.may_work_later || loop_.now() >= give_up_at_) return events_.on_ended(why.cause);
  retry({.was_open = false, .why = why});
}

void Client::retry(const LinkDown& down) {
  Duration delay = backoff_.next(chance());
  if (!ever_joined_) delay = std::min(delay, give_up_at_ - loop_.now());
  step(fmt::format("{}; trying again in {:.1f} s", down.why.cause.message,
                   std::chrono::duration<double>(delay).count()));
  events_.on_lost(
      {.was_connected = down.was_open, .reason = down.why.cause.message, .retry_in = delay});
  if (!leaving_) timer_.arm_in(delay);
}

void Client::leave() {
  if (std::exchange(leaving_, true)) return;
  timer_.cancel();
  if (!link_.is_open()) {
    link_.abort();
    return;
  }
  for (auto& [ns, session] : sessions_)
    if (session.state == State::joined) link_.send_text(proto::encode_disconnect(ns));
  link_.close();
}

bool Client::has_left() const {
  if (!link_.is_open()) return true;
  return leaving_ && link_.transport_name() == "websocket" && link_.backlog() == 0;
}

std::size_t Client::max_message() const {
  return link_.is_open() ? link_.session().max_payload : 0;
}

void Client::step(std::string_view text) const {
  if (trace_ != nullptr) trace_->on_step(text);
}

void Client::fail(Outcome outcome) {
  verdict_ = std::move(outcome);
  timer_.cancel();
  if (link_.is_open())
    link_.close();
  else
    events_.on_ended(*verdict_);
}

}  // namespace sio::client

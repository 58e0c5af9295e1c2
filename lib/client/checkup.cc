#include "client/checkup.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/nobody_listens.h"
#include "proto/engine_payload.h"
#include "proto/json_text.h"
#include "proto/sio_extension.h"

namespace sio::client {
namespace {

// The connector has a time limit of its own, whose message says more than ours: ours comes later.
constexpr Duration kGrace = std::chrono::milliseconds(250);

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    proto::append_json_string(out, text);
  }
  return out + ']';
}

Fact fact(std::string_view name, std::string_view text) {
  return {name, proto::json_string(text)};
}
Fact fact(std::string_view name, std::int64_t number) {
  return {name, std::to_string(number)};
}

std::vector<Fact> tls_record(const net::TlsFacts& tls) {
  return {fact("version", tls.version), fact("cipher", tls.cipher),
          fact("subject", tls.subject), fact("issuer", tls.issuer),
          fact("names", tls.names),     fact("good_until", tls.good_until)};
}

std::vector<Fact> http_record(const net::StageDone& done) {
  std::vector<Fact> facts{fact("status", done.http_status)};
  if (!done.http_server.empty()) facts.push_back(fact("server", done.http_server));
  return facts;
}

std::vector<Fact> engine_record(const proto::OpenPacket& open) {
  return {fact("version", 4), fact("ping_interval_ms", open.ping_interval.count()),
          fact("ping_timeout_ms", open.ping_timeout.count()),
          fact("max_payload", static_cast<std::int64_t>(open.max_payload)),
          Fact{"upgrades", json_list(open.upgrades)}};
}

// The open packet of a polling session's first answer.
std::optional<proto::OpenPacket> open_packet_in(std::string_view body) {
  const std::string_view first = body.substr(0, body.find(proto::kPayloadSeparator));
  if (!first.starts_with("0{")) return std::nullopt;
  auto open = proto::parse_open(first.substr(1));
  if (!open) return std::nullopt;
  return std::move(*open);
}

// A line break in JSON is white space between tokens.
std::string on_one_line(std::string_view json) {
  std::string text(json);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  return text;
}

std::string seconds_text(Duration duration) {
  return fmt::format("{:g}s", std::chrono::duration<double>(duration).count());
}

}  // namespace

Checkup::Checkup(net::Loop& loop, net::Connector& connector, CheckupOptions options,
                 net::HttpHeaders headers, std::string auth, CheckupEvents& events, Trace* trace)
    : loop_(loop),
      connector_(connector),
      options_(std::move(options)),
      headers_(std::move(headers)),
      auth_(std::move(auth)),
      events_(events),
      trace_(trace),
      timer_(loop, *this) {}

Checkup::~Checkup() {
  if (upgraded_ != nullptr) drop_silently(*upgraded_);
}

void Checkup::start() {
  lap_began_ = clock_.now();
  if (options_.target.transport == TransportChoice::websocket)
    open_session(TransportChoice::websocket);
  else
    poll();
}

void Checkup::begin(Step step) {
  step_ = step;
  timer_.arm_in(options_.patience + kGrace);
}

// --- What the connections meet. Only the first one is told: the others go the same way.

void Checkup::note(const net::StageDone& done) {
  if (first_connection_done_ || step_ == Step::over) return;
  lap_began_ = clock_.now();
  switch (done.stage) {
    case net::ConnectStage::dns:
      if (!options_.target.endpoint.unix_path.empty()) return;
      return tell({.layer = Layer::dns,
                   .took = done.took,
                   .facts = {{"addresses", json_list(done.addresses)}}});
    case net::ConnectStage::tcp:
      return tell({.layer = Layer::tcp, .took = done.took, .facts = {fact("peer", done.peer)}});
    case net::ConnectStage::proxy:
      return tell({.layer = Layer::proxy, .took = done.took, .facts = {fact("proxy", done.peer)}});
    case net::ConnectStage::tls:
      return unjudged_.push_back(
          {.layer = Layer::tls, .took = done.took, .facts = tls_record(done.tls)});
    case net::ConnectStage::http:
      first_connection_done_ = true;
      return unjudged_.push_back(
          {.layer = Layer::http, .took = done.took, .facts = http_record(done)});
    case net::ConnectStage::timeout:
      return;
  }
}

// --- A session by polling

void Checkup::say(std::string_view step) const {
  if (trace_ != nullptr) trace_->on_step(step);
}

void Checkup::show(Direction direction, std::string_view packet) const {
  if (trace_ != nullptr) trace_->on_text_packet(direction, packet);
}

void Checkup::poll() {
  say(fmt::format("asking {} for a session by polling", options_.target.name));
  begin(Step::poll);
  call_ = connector_.request(options_.target.endpoint, "GET",
                             engine_target(options_.target, "polling"), headers_, {}, *this);
}

void Checkup::on_response(net::HttpResponse response) {
  if (step_ == Step::poll) return got_poll(response);
  if (step_ == Step::post) return got_post(response);
}

void Checkup::on_failed(const net::ConnectFailure& failure) {
  if (step_ == Step::poll) return fail(diagnose(options_.target, "polling", failure));
  if (step_ == Step::post) return no_polling(diagnose(options_.target, "polling", failure));
  if (step_ == Step::upgrade) return no_upgrade(diagnose(options_.target, "websocket", failure));
}

void Checkup::got_poll(const net::HttpResponse& response) {
  polling_session_ = response.status == 200 ? open_packet_in(response.body) : std::nullopt;
  if (!polling_session_) {
    Diagnosis why = diagnose(options_.target, "polling", failure_of(response, ""));
    if (why.layer != Layer::polling) return fail(why);
    return no_polling(std::move(why));
  }
  show(Direction::received, response.body);
  engine_done(*polling_session_);
  begin(Step::post);
  net::HttpHeaders headers = headers_;
  headers.emplace_back("Content-Type", "text/plain;charset=UTF-8");
  // A pong that nobody asked for: it means nothing to the server.
  show(Direction::sent, "3");
  call_ = connector_.request(
      options_.target.endpoint, "POST",
      engine_target(options_.target, "polling") + "&sid=" + polling_session_->sid,
      std::move(headers), "3", *this);
}

void Checkup::got_post(const net::HttpResponse& response) {
  if (response.status != 200)
    return no_polling(diagnose(options_.target, "polling", failure_of(response, "")));
  polling_works_ = true;
  pass(Layer::polling);
  if (options_.target.transport == TransportChoice::automatic) return upgrade();
  drop_polling_session();
  open_session(TransportChoice::polling);
}

void Checkup::no_polling(Diagnosis why) {
  why.layer = Layer::polling;
  if (options_.target.transport == TransportChoice::polling) return fail(why);
  if (engine_told_)
    tell_failure(why);
  else
    no_polling_ = std::move(why);
  open_session(TransportChoice::websocket);
}

void Checkup::drop_polling_session() {
  farewell_ = connector_.request(
      options_.target.endpoint, "POST",
      engine_target(options_.target, "polling") + "&sid=" + polling_session_->sid, headers_, "1",
      *this);
}

// --- Its WebSocket

void Checkup::upgrade() {
  if (std::ranges::find(polling_session_->upgrades, "websocket") ==
      polling_session_->upgrades.end()) {
    return no_upgrade(
        {.cause = {.ending = Ending::unreachable,
                   .message = options_.target.name + ": the server offers no upgrade to websocket",
                   .hint = "clients that begin with polling stay with it: allowUpgrades and "
                           "transports of the server"}});
  }
  say("changing it to a websocket");
  begin(Step::upgrade);
  attempt_ = connector_.open_websocket(
      options_.target.endpoint,
      engine_target(options_.target, "websocket") + "&sid=" + polling_session_->sid, headers_,
      *this);
}

void Checkup::on_open(net::Transport& transport) {
  upgraded_ = &transport;
  send_to_upgraded("2probe");
}

void Checkup::send_to_upgraded(std::string_view packet) {
  show(Direction::sent, packet);
  upgraded_->send(loop_.frames().text({packet}));
}

void Checkup::on_message(net::MessageKind, std::string_view bytes) {
  show(Direction::received, bytes);
  if (step_ == Step::upgrade && bytes == "3probe") upgraded();
}

void Checkup::on_closed(const net::TransportClosed& closed) {
  upgraded_ = nullptr;
  if (step_ != Step::upgrade) return;
  no_upgrade({.cause = {.ending = Ending::unreachable,
                        .message = fmt::format("{}: the WebSocket was closed instead of taking "
                                               "the session over{}{}",
                                               options_.target.name,
                                               closed.detail.empty() ? "" : ": ", closed.detail),
                        .hint = "--transport websocket needs no upgrade"}});
}

void Checkup::upgraded() {
  send_to_upgraded("5");
  upgraded_->close();
  pass(Layer::upgrade);
  open_session(TransportChoice::websocket);
}

void Checkup::no_upgrade(const Diagnosis& why) {
  tell_failure(diagnose_websocket_alone(why, Layer::upgrade));
  if (upgraded_ != nullptr) upgraded_->close();
  drop_polling_session();
  open_session(TransportChoice::websocket);
}

// --- The session that stays

void Checkup::open_session(TransportChoice choice) {
  withhold_ = !engine_told_;
  begin(Step::open);
  lap_began_ = clock_.now();
  LinkTarget target = options_.target;
  target.transport = choice;
  LinkEvents& self = *this;
  auto& link = choice == TransportChoice::websocket ? websocket_ : polling_;
  link = std::make_unique<Link>(loop_, connector_, std::move(target), self, trace_);
  link_ = link.get();
  link_->connect(headers_);
}

void Checkup::on_link_open() {
  engine_done(link_->session());
  if (link_ == websocket_.get()) pass(Layer::websocket);
  join();
}

void Checkup::on_link_down(const LinkDown& down) {
  switch (step_) {
    case Step::open:
      if (link_ != websocket_.get() || !polling_works_) return fail(down.why);
      tell_failure(diagnose_websocket_alone(down.why, Layer::websocket));
      return open_session(TransportChoice::polling);
    case Step::join:
      return fail(diagnose_end_before_join(options_.target, down.why));
    case Step::ready: {
      Diagnosis why = down.why;
      why.cause.message =
          fmt::format("{}: connection lost: {}", options_.target.name, down.why.cause.message);
      return fail(why);
    }
    case Step::leaving:
      step_ = Step::over;
      return events_.on_left();
    default:
      return;
  }
}

// --- The namespace

void Checkup::join() {
  begin(Step::join);
  proto::Hello hello;
  hello.events = {""};  // nothing that others say is of interest
  link_->send_text(proto::encode_connect(options_.ns, proto::auth_with_hello(auth_, hello)));
}

void Checkup::on_link_text(std::string_view message) {
  if (step_ != Step::join && (step_ != Step::ready || !message.starts_with('1'))) return;
  const auto packet = decoder_.decode(message);
  if (!packet || packet->ns != options_.ns) return;
  if (packet->type == proto::PacketType::connect) return got_connect(packet->payload);
  if (packet->type == proto::PacketType::connect_error) return got_connect_error(packet->payload);
  if (packet->type == proto::PacketType::disconnect)
    fail({.layer = Layer::ns,
          .cause = {.ending = Ending::lost,
                    .message = fmt::format("{}: namespace {}: the server ended the session",
                                           options_.target.name, options_.ns)}});
}

void Checkup::got_connect(std::string_view payload) {
  if (step_ != Step::join) return;
  const auto sid = payload.empty() ? std::nullopt : proto::object_member(payload, "sid");
  if (!sid || proto::json_kind(*sid) != proto::JsonKind::string)
    return fail(diagnose_version_2(options_.target));
  release(Layer::ns);
  std::vector<Fact> facts{fact("ns", options_.ns), Fact{"sid", std::string(*sid)}};
  if (const auto welcome = proto::parse_welcome(payload))
    facts.push_back(fact("server", welcome->server));
  pass(Layer::ns, std::move(facts));
  pass(Layer::auth, {Fact{"sent", auth_.empty() ? "false" : "true"}});
  timer_.cancel();
  step_ = Step::ready;
  events_.on_ready(link_->transport_name());
}

void Checkup::got_connect_error(std::string_view payload) {
  if (step_ != Step::join) return;
  const ConnectError error = parse_connect_error(payload);
  const Diagnosis why = diagnose_connect_error(options_.target, options_.ns, error.message);
  if (why.layer == Layer::auth) {
    release(Layer::ns);
    pass(Layer::ns, {fact("ns", options_.ns)});
  }
  std::vector<Fact> facts;
  if (!error.data.empty()) facts.push_back({"data", on_one_line(error.data)});
  fail(why, std::move(facts));
}

// --- Round trips, and the end

void Checkup::measure() {
  begin(Step::ready);
  ping_began_ = clock_.now();
  link_->send_round_trip();
}

void Checkup::on_link_pong() {
  if (step_ != Step::ready || !timer_.armed()) return;
  timer_.cancel();
  events_.on_round_trip(clock_.now() - ping_began_);
}

void Checkup::leave() {
  if (step_ != Step::ready) return;
  step_ = Step::leaving;
  timer_.cancel();
  link_->send_text(proto::encode_disconnect(options_.ns));
  link_->close();
}

void Checkup::on_timer(net::Timer&) {
  const std::string limit = seconds_text(options_.patience);
  const net::ConnectFailure silence{
      .stage = net::ConnectStage::timeout,
      .message = fmt::format("{}: no answer to a request within {}", options_.target.name, limit),
      .waited_in = net::ConnectStage::http};
  switch (step_) {
    case Step::poll:
      call_.reset();
      return fail(diagnose(options_.target, "polling", silence));
    case Step::post:
      call_.reset();
      return no_polling(diagnose(options_.target, "polling", silence));
    case Step::upgrade:
      attempt_.reset();
      return no_upgrade(diagnose(options_.target, "websocket", silence));
    case Step::open:
      return fail(diagnose_silence(options_.target));
    case Step::join:
      return fail(diagnose_unanswered_connect(options_.target));
    case Step::ready:
      return fail(
          {.layer = Layer::websocket,
           .cause = {.ending = Ending::unconfirmed,
                     .message = fmt::format("{}: no answer to a ping within {}",
                                            options_.target.name, limit),
                     .hint = "the server is stuck, or the network; --timeout waits longer"}});
    case Step::leaving:
    case Step::over:
      return;
  }
}

// --- Telling

Duration Checkup::lap() {
  const TimePoint now = clock_.now();
  return now - std::exchange(lap_began_, now);
}

void Checkup::engine_done(const proto::OpenPacket& open) {
  if (std::exchange(engine_told_, true)) return;
  tell_unjudged();
  pass(Layer::engine, engine_record(open));
  pass(Layer::path, {fact("path", options_.target.path)});
  if (no_polling_) tell_failure(*std::exchange(no_polling_, std::nullopt));
}

void Checkup::tell_unjudged() {
  for (LayerReport& report : std::exchange(unjudged_, {})) tell(std::move(report));
}

void Checkup::pass(Layer layer, std::vector<Fact> facts) {
  tell({.layer = layer, .took = lap(), .facts = std::move(facts)});
}

void Checkup::tell_failure(const Diagnosis& why, std::vector<Fact> facts) {
  tell({.layer = why.layer,
        .ok = false,
        .took = lap(),
        .facts = std::move(facts),
        .cause = why.cause});
}

// What answers a WebSocket may turn out to be another version: until it has answered CONNECT,
// nothing is said of its engine.
void Checkup::tell(LayerReport report) {
  if (withhold_ && report.layer >= Layer::engine)
    withheld_.push_back(std::move(report));
  else
    events_.on_layer(report);
}

void Checkup::release(Layer end) {
  withhold_ = false;
  for (const LayerReport& report : std::exchange(withheld_, {}))
    if (report.layer < end) events_.on_layer(report);
}

void Checkup::fail(const Diagnosis& why, std::vector<Fact> facts) {
  timer_.cancel();
  const bool was_ready = step_ == Step::ready;
  step_ = Step::over;
  if (!unjudged_.empty() && unjudged_.back().layer == why.layer) {
    facts = unjudged_.back().facts;
    unjudged_.pop_back();
  }
  tell_unjudged();
  if (no_polling_) tell_failure(*std::exchange(no_polling_, std::nullopt));
  release(why.layer);
  if (!was_ready) tell_failure(why, std::move(facts));
  events_.on_failed(why);
}

}  // namespace sio::client

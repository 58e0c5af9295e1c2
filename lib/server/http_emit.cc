#include "server/http_emit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/random_id.h"
#include "base/utf8.h"
#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"

namespace sio::server {
namespace {

using proto::JsonKind;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kNdjson = "application/x-ndjson";
constexpr std::string_view kText = "text/plain";

tl::unexpected<Error> nonsense(std::string message) {
  return fail(Errc::usage, std::move(message));
}

// "text/plain; charset=utf-8" without what follows.
std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  std::ranges::transform(type, type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return type;
}

void set_items(PostedEvent& posted, std::string_view args) {
  posted.items = proto::json_string(posted.event);
  if (args.empty()) return;
  posted.items += ',';
  posted.items += args;
  posted.args_size = args.size();
}

Status set_args(PostedEvent& posted, std::string_view ndjson_args) {
  SIO_TRY(proto::WireArgs wire, proto::to_wire_args(ndjson_args));
  set_items(posted, wire.args);
  posted.attachments = std::move(wire.attachments);
  return {};
}

PostedEvent common_part(const EmitQuery& query) {
  return {.event = query.event,
          .ns = query.ns,
          .items = {},
          .attachments = {},
          .rooms = query.rooms,
          .except = query.except,
          .key = query.key};
}

using Reading = std::string(std::string_view literal);

Result<std::string> text_member(const proto::MemberReader& member, std::size_t max,
                                Reading* reading = proto::json_unescape) {
  if (proto::json_kind(member.value()) != JsonKind::string)
    return nonsense(fmt::format("{}: expected a string", member.key_literal()));
  std::string text = reading(member.value());
  if (text.size() > max)
    return nonsense(fmt::format("{}: longer than {} bytes", member.key_literal(), max));
  return text;
}

Result<std::vector<std::string>> rooms_member(const proto::MemberReader& member) {
  if (proto::json_kind(member.value()) != JsonKind::array)
    return nonsense("\"rooms\": expected an array of strings");
  std::vector<std::string> rooms;
  for (proto::ElementReader element(member.value()); element.next();) {
    if (proto::json_kind(element.value()) != JsonKind::string)
      return nonsense("\"rooms\": expected an array of strings");
    rooms.push_back(proto::json_name(element.value()));
    if (rooms.back().empty() || rooms.back().size() > proto::kMaxRoomName)
      return nonsense(
          fmt::format("\"rooms\": expected names of 1 to {} bytes", proto::kMaxRoomName));
    if (rooms.size() > proto::kMaxRoomsPerEvent)
      return nonsense(fmt::format("\"rooms\": more than {}", proto::kMaxRoomsPerEvent));
  }
  return rooms;
}

// Takes what it knows of a record; all else is ignored, so that what listen prints will do.
Status take_member(PostedEvent& posted, std::string_view& args, const proto::MemberReader& member) {
  if (member.key_is("event")) {
    SIO_TRY(posted.event, text_member(member, proto::kMaxEventName, proto::json_name));
  } else if (member.key_is("args")) {
    if (proto::json_kind(member.value()) != JsonKind::array)
      return nonsense("\"args\": expected an array");
    args = member.value();
    args.remove_prefix(args.find('[') + 1);
    args.remove_suffix(args.size() - args.rfind(']'));
    if (args.find_first_not_of(" \t\r\n") == std::string_view::npos) args = {};
  } else if (member.key_is("ns")) {
    SIO_TRY(posted.ns, text_member(member, proto::kMaxNamespaceName));
    if (!posted.ns.starts_with('/') || posted.ns.find(',') != std::string::npos)
      return nonsense("\"ns\": a namespace begins with / and has no comma");
  } else if (member.key_is("rooms")) {
    SIO_TRY(posted.rooms, rooms_member(member));
  } else if (member.key_is("id")) {
    SIO_TRY(posted.id, text_member(member, proto::kMaxEventName));
  }
  return {};
}

// Nothing: the line is no event.
Result<std::optional<PostedEvent>> parse_record(const EmitQuery& query, std::string_view line) {
  SIO_TRY(const JsonKind kind, proto::check_json(line));
  if (kind != JsonKind::object) return nonsense("expected a JSON object");
  const auto type = proto::object_member(line, "type");
  if (type && !proto::json_string_is(*type, "event")) return std::nullopt;
  PostedEvent posted = common_part(query);
  std::string_view args;
  for (proto::MemberReader member(line); member.next();)
    SIO_TRY_STATUS(take_member(posted, args, member));
  if (posted.event.empty()) return nonsense("\"event\" is missing");
  SIO_TRY_STATUS(check_publishable(posted.event));
  SIO_TRY_STATUS(set_args(posted, args));
  return posted;
}

Result<std::vector<PostedEvent>> parse_records(const EmitQuery& query, std::string_view body) {
  std::vector<PostedEvent> events;
  for (std::size_t number = 1; !body.empty(); ++number) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto record = parse_record(query, line);
    if (!record) return nonsense(fmt::format("line {}: {}", number, record.error().message));
    if (!*record) continue;
    if (!query.key.empty()) (*record)->key = fmt::format("{}:{}", query.key, number);
    if (events.size() == kMaxPostedEvents)
      return nonsense(fmt::format("more than {} records", kMaxPostedEvents));
    events.push_back(std::move(**record));
  }
  return events;
}

}  // namespace

Result<std::vector<PostedEvent>> parse_posted(const EmitQuery& query, std::string_view content_type,
                                              std::string body) {
  const std::string type = media_type(content_type);
  if (type == kNdjson) return parse_records(query, body);
  if (query.event.empty()) return nonsense("which event? POST /sio/emit/EVENT");
  PostedEvent posted = common_part(query);
  if (type == kJson) {
    if (!body.empty())
      if (const auto kind = proto::check_json(body); !kind)
        return nonsense("the body: " + kind.error().message);
    SIO_TRY_STATUS(set_args(posted, body));
  } else if (type == kText) {
    if (find_bad_utf8(body) != std::string_view::npos) return nonsense("the body is not UTF-8");
    set_items(posted, proto::json_string(body));
  } else if (body.empty()) {
    set_items(posted, {});
  } else {
    set_items(posted, R"({"_placeholder":true,"num":0})");
    posted.attachments.push_back(std::move(body));
  }
  std::vector<PostedEvent> events;
  events.push_back(std::move(posted));
  return events;
}

namespace {

// One request: its body, the authenticator's word on each namespace, the receipts.
class EmitVisit final : public AskingVisit, public Link, private net::Transport {
 public:
  EmitVisit(DoorContext& context, net::HttpExchange& exchange, EmitQuery query)
      : AskingVisit(context, exchange),
        query_(std::move(query)),
        content_type_(exchange.request().header("content-type")),
        claim_(claim_of(context, exchange.request())) {
    transport_ = this;
  }

  void start() {
    if (!exchange_->expects_body()) take_body({});
  }

  void shut_down() override {}  // it is over soon
  void kick(std::string_view) override {}
  void give_up(Socket&) override {}
  void disconnect(Socket&) override {}
  void disconnect_all() override {}
  void pause_reading() override {}
  void resume_reading() override {}

 private:
  void on_body(net::HttpExchange&, std::string body) override { take_body(std::move(body)); }
  void on_aborted(net::HttpExchange&) override {
    exchange_ = nullptr;
    finish();
  }

  // As a transport it takes receipts.
  void send(const net::FrameRun& run) override {
    for (const net::Frame& frame : run.frames) take_receipt(frame.payload());
  }
  std::size_t backlog() const override { return 0; }
  void set_drain_mark(std::size_t) override {}
  bool writable() const override { return true; }
  void close(std::uint16_t) override {}
  void abort() override {}
  void set_events(net::TransportEvents&) override {}
  std::string_view name() const override { return "http"; }

  void take_body(std::string body) {
    auto events = parse_posted(query_, content_type_, std::move(body));
    if (!events) return refuse(refusal_response(events.error()));
    events_ = std::move(*events);
    for (const PostedEvent& posted : events_) sockets_.try_emplace(posted.ns, nullptr);
    for (const auto& [ns, socket] : sockets_)
      if (!context_.has_namespace(ns))
        return refuse(refusal_response({Errc::not_found, fmt::format("no namespace {}", ns)}));
    if (sockets_.size() > kMaxPostedNamespaces)
      return refuse(refusal_response(
          {Errc::usage, fmt::format("more than {} namespaces", kMaxPostedNamespaces)}));
    next_ns_ = sockets_.begin();
    if (sockets_.empty()) return refuse(json_response(200, R"({"ids":[]})"));
    ask_on();
  }

  void ask_on() {
    while (context_.authenticator != nullptr && next_ns_ != sockets_.end()) {
      auto verdict = ask(next_ns_->first, claim_.get());
      if (!verdict) return;
      if (!take_verdict(std::move(*verdict))) return;
    }
    publish();
  }
  void on_answer(AuthVerdict verdict) override {
    if (take_verdict(std::move(verdict))) ask_on();
  }
  bool take_verdict(AuthVerdict verdict) {
    if (verdict.access == nullptr) {
      refuse(unauthorized_response(verdict));
      return false;
    }
    for (const PostedEvent& posted : events_) {
      if (posted.ns != next_ns_->first) continue;
      const std::vector<std::string_view> rooms(posted.rooms.begin(), posted.rooms.end());
      if (const Status status = verdict.access->check_publish(rooms); !status) {
        refuse(refusal_response(status.error(), "the token must be allowed to write"));
        return false;
      }
    }
    ++next_ns_;
    return true;
  }

  void publish() {
    for (auto& [ns, socket] : sockets_) {
      socket = &context_.hub.connect(*this, ns, random_id());
      socket->deafen();
    }
    receipts_.resize(events_.size());
    for (std::size_t i = 0; i < events_.size(); ++i) publish(events_[i], i);
  }
  void publish(const PostedEvent& posted, std::uint64_t number) {
    Socket& socket = *sockets_.find(posted.ns)->second;
    const std::vector<std::string_view> rooms(posted.rooms.begin(), posted.rooms.end());
    const std::vector<std::string_view> except(posted.except.begin(), posted.except.end());
    const std::string_view items = posted.items;
    // What a store replays into itself is published again; what another one has is known by its id.
    const store::Store* store = context_.hub.store();
    const bool is_ours =
        store != nullptr && posted.id.starts_with(fmt::format("#{}-", store->name()));
    context_.hub.publish({.ns = &socket.ns,
                          .sender = &socket,
                          .event = posted.event,
                          .items = items,
                          .args = items.substr(items.size() - posted.args_size),
                          .attachments = posted.attachments.empty() ? nullptr : &posted.attachments,
                          .rooms = rooms,
                          .except = except,
                          .key = posted.key.empty() && !is_ours ? posted.id : posted.key,
                          .is_volatile = query_.is_volatile,
                          .ack_id = number});
  }

  // Called from inside the hub: the answer waits for the end of the turn.
  void take_receipt(std::string_view message) {
    proto::PacketDecoder decoder;
    const auto packet = decoder.decode(message.substr(1));
    if (!packet || !packet->ack_id || *packet->ack_id >= receipts_.size()) return;
    receipts_[*packet->ack_id] = packet->args;
    if (++received_ == receipts_.size())
      context_.loop.post([&context = context_, this] {
        if (context.visits.contains(this) && received_ == receipts_.size()) tell_receipts();
      });
  }

  void tell_receipts() {
    std::string ids;
    for (const std::string& receipt : receipts_) {
      if (const auto no = proto::parse_refusal(receipt)) {
        const Errc code = no->code == "too_large" ? Errc::too_large : Errc::unavailable;
        return refuse(refusal_response({code, no->message},
                                       ids.empty() ? "" : "what came before it was published"));
      }
      const std::string id = proto::parse_receipt(receipt).value_or("");
      if (!ids.empty()) ids += ',';
      ids += id.empty() ? "null" : fmt::format("\"{}\"", id);
    }
    const bool is_batch = media_type(content_type_) == kNdjson;
    refuse(json_response(200, is_batch ? fmt::format(R"({{"ids":[{}]}})", ids)
                                       : fmt::format(R"({{"id":{}}})", ids)));
  }

  // The answer, whatever it is.
  void refuse(net::HttpResponse response) {
    respond(std::move(response));
    finish();
  }
  void finish() {
    for (auto& [ns, socket] : sockets_)
      if (socket != nullptr) context_.hub.disconnect(*std::exchange(socket, nullptr));
    transport_ = nullptr;
    let_go();
    context_.finish(*this);
  }

  EmitQuery query_;
  std::string content_type_;
  std::unique_ptr<Handshake> claim_;
  std::vector<PostedEvent> events_;
  std::map<std::string, Socket*> sockets_;  // the sender in each namespace, once it publishes
  std::map<std::string, Socket*>::iterator next_ns_;
  std::vector<std::string> receipts_;
  std::size_t received_ = 0;
};

}  // namespace

void emit_from(DoorContext& context, net::HttpExchange& exchange) {
  const net::HttpRequest& request = exchange.request();
  auto query = parse_emit_target(request.target());
  if (!query) return answer(context, exchange, refusal_response(query.error()));
  const std::string type = media_type(request.header("content-type"));
  if (type == "application/x-www-form-urlencoded" || type == "multipart/form-data") {
    net::HttpResponse response = refusal_response(
        {Errc::usage, fmt::format("Content-Type {}: forms are no events", type)},
        "say -H 'Content-Type: application/json', or text/plain, application/x-ndjson, "
        "application/octet-stream");
    response.status = 415;
    return answer(context, exchange, std::move(response));
  }
  auto visit = std::make_unique<EmitVisit>(context, exchange, std::move(*query));
  EmitVisit& started = *visit;
  context.begin(std::move(visit));
  started.start();
}

}  // namespace sio::server

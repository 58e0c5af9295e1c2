#include "server/event_stream.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/log.h"
#include "base/random_id.h"
#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/packet_assembler.h"
#include "proto/wire_time.h"
#include "server/door_request.h"

namespace sio::server {
namespace {

const std::vector<std::string> kNoAttachments;
// What a browser waits before it comes back, ms.
constexpr std::string_view kRetry = "retry: 1000\n\n";

void append_key(std::string& out, std::string_view key) {
  out += ",\"";
  out += key;
  out += "\":";
}

void append_list(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (const std::string& text : texts) {
    if (out.back() != '[') out += ',';
    proto::append_json_string(out, text);
  }
  out += ']';
}

void append_text_if(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  append_key(out, key);
  proto::append_json_string(out, text);
}

// Arguments of which the last one is ours.
struct SplitArgs {
  std::string_view before;
  std::string_view last;
};
SplitArgs split_last(std::string_view array) {
  SplitArgs split;
  const char* before_end = array.data() + 1;
  const char* begin = before_end;
  for (proto::ElementReader element(array); element.next();) {
    if (!split.last.empty()) before_end = split.last.data() + split.last.size();
    split.last = element.value();
  }
  split.before = {begin, static_cast<std::size_t>(before_end - begin)};
  return split;
}

}  // namespace

void append_event_record(std::string& out, const proto::PacketView& packet, std::string_view args,
                         const std::vector<std::string>* attachments,
                         const proto::EventMeta& meta) {
  out += R"({"type":"event","time":")";
  proto::append_wire_time(out, meta.time_ms);
  out += '"';
  append_key(out, "ns");
  proto::append_json_string(out, packet.ns);
  append_key(out, "event");
  out += packet.event_json;
  append_key(out, "args");
  out += '[';
  // Binary, or an object that looks like it, whose `$` is escaped.
  if (attachments != nullptr || args.find_first_of("$\\") != std::string_view::npos)
    out += proto::to_ndjson_args(args, attachments == nullptr ? kNoAttachments : *attachments);
  else
    out += args;
  out += ']';
  append_text_if(out, "id", meta.id);
  if (!meta.rooms.empty()) {
    append_key(out, "rooms");
    append_list(out, meta.rooms);
  }
  append_text_if(out, "from", meta.from);
  if (meta.replay) out += R"(,"replay":true)";
  if (meta.dead) {
    out += R"(,"dead":true)";
    append_text_if(out, "group", meta.group);
  }
  out += '}';
}

namespace {

class EventStream final : public AskingVisit,
                          public Link,
                          private net::HttpStreamEvents,
                          private net::Transport,
                          private net::Timer::Handler {
 public:
  EventStream(DoorContext& context, net::HttpExchange& exchange, EventsQuery query)
      : AskingVisit(context, exchange),
        query_(std::move(query)),
        is_sse_(exchange.request().header("accept").find("text/event-stream") !=
                std::string_view::npos),
        assembler_(decoder_, context.options.max_payload * (proto::kMaxAttachments + 1)),
        timer_(context.loop, *this) {}

  void start() {
    if (context_.authenticator == nullptr) return open(nullptr);
    const auto claim = claim_of(context_, exchange_->request());
    if (auto verdict = ask(query_.ns, claim.get())) on_answer(std::move(*verdict));
  }

  // Visit
  void shut_down() override { end(false); }

  // Link
  void kick(std::string_view why) override {
    log(LogLevel::warning, fmt::format("closing an event stream: {}", why));
    is_kicked_ = true;
    timer_.arm(context_.loop.now());
  }
  void give_up(Socket&) override {}
  void disconnect(Socket&) override { kick("sent away"); }
  void disconnect_all() override { kick("sent away"); }
  bool answers() const override { return false; }
  void pause_reading() override {}
  void resume_reading() override {}

 private:
  void on_aborted(net::HttpExchange&) override {
    exchange_ = nullptr;
    finish();
  }
  void on_closed() override {
    stream_ = nullptr;
    finish();
  }

  void on_answer(AuthVerdict verdict) override {
    if (verdict.access == nullptr) return refuse(unauthorized_response(verdict));
    Status status = verdict.access->check(query_.ns, query_.hello, nullptr);
    if (status && !verdict.access->reads())
      status = fail(Errc::refused, "this token may not read here");
    if (!status) return refuse(refusal_response(status.error()));
    open(std::move(verdict.access));
  }

  void open(std::unique_ptr<Access> access) {
    exchange_->set_observer(nullptr);
    net::HttpResponse response{
        .headers = {{"Content-Type", is_sse_ ? "text/event-stream" : "application/x-ndjson"},
                    {"Cache-Control", "no-store"},
                    {"X-Accel-Buffering", "no"}}};
    context_.cors.add_headers(exchange_->request(), response.headers);
    net::HttpStreamEvents& events = *this;
    stream_ = &std::exchange(exchange_, nullptr)->stream(std::move(response), events);
    if (is_sse_) stream_->write(kRetry);
    transport_ = this;
    timer_.arm_in(context_.options.ping_interval);
    socket_ = &context_.hub.connect(*this, query_.ns, random_id(), query_.hello);
    if (access != nullptr) socket_->grant(std::move(access));
    context_.hub.start(*socket_, query_.hello);
  }

  void refuse(net::HttpResponse response) {
    respond(std::move(response));
    finish();
  }

  // --- The transport: packets become records.

  void send(const net::FrameRun& run) override {
    if (stream_ == nullptr) return;
    for (const net::Frame& frame : run.frames) {
      const auto packet = frame.binary ? assembler_.add_binary(frame.payload())
                                       : assembler_.add_text(frame.payload().substr(1));
      if (packet && *packet != nullptr) write_packet(**packet);
    }
    stream_->write(text_);
    text_.clear();
  }
  std::size_t backlog() const override { return stream_ == nullptr ? 0 : stream_->backlog(); }
  std::size_t waiting() const override { return stream_ == nullptr ? 0 : stream_->waiting(); }
  void set_drain_mark(std::size_t bytes) override {
    if (stream_ != nullptr) stream_->set_drain_mark(bytes);
  }
  void on_drained() override { context_.hub.on_drained(*this); }
  bool writable() const override { return waiting() == 0; }
  void close(std::uint16_t) override { kick("closed"); }
  void abort() override { kick("closed"); }
  void set_events(net::TransportEvents&) override {}
  std::string_view name() const override { return "http"; }

  void write_packet(const proto::CompletePacket& complete) {
    const proto::PacketView& packet = complete.packet;
    if (!proto::is_event(packet.type)) return;
    if (packet.event == proto::kGapEvent) return write_gap(packet);
    if (packet.event == proto::kEndEvent) return end_later();
    array_ = "[";
    array_ += packet.args;
    array_ += ']';
    const SplitArgs args = split_last(array_);
    const auto meta = proto::parse_meta(args.last);
    if (!meta) return;
    record_.clear();
    append_event_record(record_, packet, args.before, complete.attachments, *meta);
    if (!is_sse_) {
      text_ += record_ + '\n';
      return;
    }
    if (!meta->id.empty()) fmt::format_to(std::back_inserter(text_), "id: {}\n", meta->id);
    text_ += "data: " + record_ + "\n\n";
  }

  void write_gap(const proto::PacketView& packet) {
    record_ = R"({"type":"gap",)";
    record_ += packet.args.substr(packet.args.find('{') + 1);
    text_ += is_sse_ ? "event: gap\ndata: " + record_ + "\n\n" : record_ + '\n';
  }

  // --- Its end

  // Called from inside the hub.
  void end_later() {
    is_done_ = true;
    timer_.arm(context_.loop.now());
  }
  void on_timer(net::Timer&) override {
    if (is_done_ || is_kicked_) return end(is_kicked_);
    // Whoever is between us and the client sees that it is alive.
    if (stream_->backlog() == 0) stream_->write(is_sse_ ? ":\n\n" : "\n");
    timer_.arm_in(context_.options.ping_interval);
  }
  void end(bool broken) {
    if (net::HttpStream* stream = std::exchange(stream_, nullptr))
      broken ? stream->abort() : stream->end();
    finish();
  }
  void finish() {
    transport_ = nullptr;
    timer_.cancel();
    if (Socket* socket = std::exchange(socket_, nullptr)) context_.hub.disconnect(*socket);
    let_go();
    context_.finish(*this);
  }

  EventsQuery query_;
  bool is_sse_;
  proto::PacketDecoder decoder_;
  proto::PacketAssembler assembler_;
  net::Timer timer_;
  net::HttpStream* stream_ = nullptr;
  Socket* socket_ = nullptr;
  std::string array_;
  std::string record_;
  std::string text_;
  bool is_done_ = false;
  bool is_kicked_ = false;
};

}  // namespace

void stream_to(DoorContext& context, net::HttpExchange& exchange) {
  const net::HttpRequest& request = exchange.request();
  auto query = parse_events_target(request.target(), request.header("last-event-id"),
                                   context.hub.clock().wall_ms());
  if (!query) return answer(context, exchange, refusal_response(query.error()));
  if (!context.has_namespace(query->ns))
    return answer(context, exchange,
                  refusal_response({Errc::not_found, fmt::format("no namespace {}", query->ns)}));
  auto stream = std::make_unique<EventStream>(context, exchange, std::move(*query));
  EventStream& started = *stream;
  context.begin(std::move(stream));
  started.start();
}

}  // namespace sio::server

// `listen | emit -` is the identity, part by part: what a record becomes on the wire, and what the
// wire becomes as a record. The seed of a failure is told; SIO_SEED=… runs it again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "cli/event_builder.h"
#include "cli/record_json.h"
#include "cli/stored_record.h"
#include "client/publisher.h"
#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/packet_assembler.h"
#include "proto/stored_event.h"
#include "support/random_json.h"

namespace sio::cli {
namespace {

std::uint64_t chosen_seed() {
  const char* given = std::getenv("SIO_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

class Wire final : public client::PacketSink {
 public:
  void send_text(std::string_view message) override { text = message; }
  void send_binary(std::string_view bytes) override { binaries.emplace_back(bytes); }
  bool send_ping() override { return true; }

  std::string text;
  std::vector<std::string> binaries;
};

class Nobody final : public client::PublisherEvents {
 public:
  void on_refused(std::uint64_t, const proto::Refusal&) override {}
  void on_unconfirmed(std::size_t, bool) override {}
};

// An event as a receiver has it.
struct Received {
  std::string ns;
  std::string event_json;
  std::string args;  // as on the wire
  std::vector<std::string> attachments;
  std::vector<std::string> rooms;
  std::string record;  // as listen prints it
};

class RoundTrip : public testing::Test {
 protected:
  RoundTrip() : seed_(chosen_seed()), random_(seed_) {}

  // A record as somebody might write it.
  std::string random_record() {
    static constexpr std::array<std::string_view, 3> kNames = {"/", "/chat", "/é b"};
    std::string line = R"({"event":)" + name() + R"(,"args":[)" + random_.values(6) + "]";
    line += R"(,"ns":")" + std::string(kNames[random_.below(3)]) + '"';
    if (random_.below(2) == 0) line += R"(,"rooms":["a",)" + room() + "]";
    line += "}";
    std::erase(line, '\n');
    std::erase(line, '\r');
    return line;
  }
  std::string room() { return proto::json_string("r" + proto::json_name(random_.string())); }
  std::string name() {
    if (random_.below(8) == 0) return "7";
    return proto::json_string(proto::json_name(random_.string()));
  }

  // emit -: the record on the wire. Nothing: it is refused, as it cannot be sent.
  std::optional<Received> sent(const std::string& line) {
    const auto record = parse_input_record(line);
    EXPECT_TRUE(record.has_value()) << record.error().message << ": " << line;
    const auto event = builder_.from_record(*record, "k3f9", 1);
    if (!event) return std::nullopt;
    wire_ = {};
    client::Publisher publisher(wire_, nobody_, {});
    publisher.joined((*event)->ns, true, {});
    EXPECT_TRUE(publisher.submit(**event, {}));
    return received();
  }

  // listen: the wire as a record.
  std::optional<Received> received() {
    proto::PacketAssembler assembler(decoder_, 1u << 30);
    auto packet = assembler.add_text(wire_.text);
    for (const std::string& binary : wire_.binaries) packet = assembler.add_binary(binary);
    EXPECT_TRUE(packet.has_value() && *packet != nullptr) << wire_.text;
    const proto::PacketView& view = (*packet)->packet;
    Received got{.ns = std::string(view.ns),
                 .event_json = std::string(view.event_json),
                 .args = std::string(view.args),
                 .attachments = wire_.binaries,
                 .rooms = {},
                 .record = {}};
    if (view.event == proto::kEmitEvent) {
      const auto request = proto::parse_emit_request(view.args);
      EXPECT_TRUE(request.has_value());
      got.event_json = request->numeric_name ? request->event : proto::json_string(request->event);
      got.args = request->args;
      got.rooms = request->rooms;
    }
    got.record = printed(got);
    return got;
  }

  static std::string printed(const Received& got) {
    const std::string args = proto::to_ndjson_args(got.args, got.attachments);
    std::string line;
    append_record(
        line,
        EventRecord{.ns = got.ns, .event_json = got.event_json, .args = args, .rooms = got.rooms});
    line.pop_back();
    return line;
  }

  // replay: the same through the queue.
  std::string replayed(const Received& got) {
    const bool numeric = !got.event_json.starts_with('"');
    const std::string event = numeric ? got.event_json : proto::json_name(got.event_json);
    proto::StoredEvent stored{.numeric_name = numeric, .args = got.args};
    stored.attachments.assign(got.attachments.begin(), got.attachments.end());
    std::string body;
    proto::append_stored_head(body, stored);
    body += got.args;
    const std::vector<std::string_view> rooms(got.rooms.begin(), got.rooms.end());
    StoredRecordReader reader("k3f9");
    const auto record = reader.read(
        {.seq = 1, .time_ms = 0, .ns = got.ns, .event = event, .rooms = rooms, .body = body});
    EXPECT_TRUE(record.has_value());
    EventRecord shown = *record;
    shown.id = {};
    shown.replay = false;
    std::string line;
    append_record(line, shown);
    line.pop_back();
    return line;
  }

  static void expect_same(const Received& got, const Received& want) {
    EXPECT_EQ(got.ns, want.ns);
    EXPECT_EQ(got.event_json, want.event_json);
    EXPECT_EQ(got.args, want.args);
    EXPECT_EQ(got.attachments, want.attachments);
    EXPECT_EQ(got.rooms, want.rooms);
    EXPECT_EQ(got.record, want.record);
  }

  std::uint64_t seed_;
  test::RandomJson random_;
  EventBuilder builder_{{}};
  proto::PacketDecoder decoder_;
  Nobody nobody_;
  Wire wire_;
};

TEST_F(RoundTrip, ARecordComesOutAsItWentIn) {
  int sent_events = 0;
  for (int i = 0; i < 4000 && !HasFailure(); ++i) {
    const std::string line = random_record();
    SCOPED_TRACE(testing::Message() << "SIO_SEED=" << seed_ << " event " << i << ": " << line);
    const auto first = sent(line);
    if (!first) continue;
    ++sent_events;
    const auto written = parse_input_record(line);
    const auto shown = parse_input_record(first->record);
    ASSERT_TRUE(shown.has_value());
    // As text, bar how an escaped `$binary` may be spelled by hand.
    const auto meant = proto::to_wire_args(written->args);
    EXPECT_EQ(proto::to_wire_args(shown->args)->args, meant->args);
    EXPECT_EQ(first->args, meant->args);
    EXPECT_EQ(first->attachments, meant->attachments);
    EXPECT_EQ(shown->event, written->event);
    EXPECT_EQ(shown->event_json.starts_with('"'), written->event_json.starts_with('"'));
    EXPECT_EQ(shown->ns, written->ns);
    EXPECT_EQ(shown->rooms, written->rooms);
    // Once more through the pipe, from listen and from replay.
    const auto second = sent(first->record);
    ASSERT_TRUE(second.has_value());
    expect_same(*second, *first);
    EXPECT_EQ(replayed(*first), first->record);
  }
  // Few are refused: more attachments than a packet may have, what looks like a placeholder.
  EXPECT_GT(sent_events, 3000) << "SIO_SEED=" << seed_;
}

}  // namespace
}  // namespace sio::cli

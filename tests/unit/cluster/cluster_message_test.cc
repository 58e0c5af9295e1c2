#include "cluster/cluster_message.h"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

#include "cluster/pubsub_message.h"
#include "cluster/stream_message.h"

namespace sio::cluster {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Type = ClusterMessage::Type;

const std::array<std::string_view, 2> kRooms{"a", "b"};
const std::array<std::string_view, 1> kExcept{"x"};

ClusterEvent event_of(std::string_view items) {
  return {.to = {"/chat", kRooms, kExcept}, .items = items};
}

// What an official server (redis-adapter 8.3.0) published for
// io.of("/").to("r").volatile.emit("hi", Buffer.from("ab"), undefined, new Date(1500)).
const std::string kCaptured =
    "\x93\xa6sWv1Zk\x83\xa4type\x02\xa4"
    "data\x94\xa2hi\xc4\x02"
    "ab\xc0\xd7\xff\x77\x35\x94\x00\x00\x00\x00\x01"
    "\xa3nsp\xa1/\x83\xa5rooms\x91\xa1r\xa6"
    "except\x90\xa5"
    "flags\x81\xa8volatile\xc3"s;

TEST(PubSubBroadcast, IsReadAsOfficialServersWriteIt) {
  const auto message = parse_pubsub_broadcast(kCaptured);
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->type, Type::broadcast);
  EXPECT_EQ(message->uid, "sWv1Zk");
  EXPECT_EQ(message->ns, "/");
  EXPECT_EQ(message->items,
            R"("hi",{"_placeholder":true,"num":0},null,"1970-01-01T00:00:01.500Z")");
  EXPECT_THAT(message->attachments, ElementsAre("ab"));
  EXPECT_THAT(message->rooms, ElementsAre("r"));
  EXPECT_THAT(message->except, IsEmpty());
  EXPECT_TRUE(message->is_volatile);
}

TEST(PubSubBroadcast, IsKnownByItsFirstBytes) {
  EXPECT_TRUE(is_pubsub_broadcast_of(kCaptured, "sWv1Zk"));
  EXPECT_FALSE(is_pubsub_broadcast_of(kCaptured, "sWv1Zl"));
  EXPECT_FALSE(is_pubsub_broadcast_of("\x93\xa6sWv", "sWv1Zk"));
}

TEST(PubSubBroadcast, ComesBackAsItWas) {
  ClusterEvent event =
      event_of(R"("order",{"n":12345678901234567,"b":{"_placeholder":true,"num":0}},7)");
  const std::vector<std::string> attachments{"\0\xff"s};
  event.attachments = attachments;
  event.from = "sid";
  event.key = "k";
  const std::string bytes = pubsub_broadcast("abcdef", event);
  EXPECT_TRUE(is_pubsub_broadcast_of(bytes, "abcdef"));
  const auto message = parse_pubsub_broadcast(bytes);
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->items, event.items);
  EXPECT_EQ(message->ns, "/chat");
  EXPECT_THAT(message->attachments, ElementsAre("\0\xff"s));
  EXPECT_THAT(message->rooms, ElementsAre("a", "b"));
  EXPECT_THAT(message->except, ElementsAre("x"));
  EXPECT_EQ(message->from, "sid");
  EXPECT_EQ(message->key, "k");
  EXPECT_FALSE(message->is_volatile);
}

TEST(PubSubRequest, OfEveryKindIsRead) {
  const auto read = [](std::string_view json) {
    auto message = parse_pubsub_request(json);
    EXPECT_TRUE(message) << json << message.error().message;
    return message.value_or(ClusterMessage());
  };
  const ClusterMessage sids =
      read(R"({"uid":"u","requestId":"q","type":0,"rooms":["a",1,"\ud800"]})");
  EXPECT_EQ(sids.type, Type::list_sids);
  EXPECT_THAT(sids.rooms, ElementsAre("a", "1", "\xed\xa0\x80"));
  EXPECT_EQ(sids.request_id, "q");
  EXPECT_EQ(read(R"({"uid":"u","requestId":"q","type":1})").type, Type::list_rooms);
  const ClusterMessage join =
      read(R"({"uid":"u","type":2,"opts":{"rooms":["a"],"except":["b"]},"rooms":["c"]})");
  EXPECT_EQ(join.type, Type::join);
  EXPECT_THAT(join.rooms, ElementsAre("a"));
  EXPECT_THAT(join.except, ElementsAre("b"));
  EXPECT_THAT(join.names, ElementsAre("c"));
  const ClusterMessage legacy = read(R"({"requestId":"q","type":3,"sid":"s","room":"r"})");
  EXPECT_EQ(legacy.type, Type::leave);
  EXPECT_TRUE(legacy.is_legacy);
  EXPECT_THAT(legacy.rooms, ElementsAre("s"));
  EXPECT_THAT(legacy.names, ElementsAre("r"));
  EXPECT_TRUE(read(R"({"type":4,"opts":{"rooms":[],"except":[]},"close":true})").close);
  EXPECT_EQ(read(R"({"uid":"u","requestId":"q","type":5,"opts":{}})").type, Type::fetch);
  EXPECT_EQ(read(R"({"uid":"u","type":6,"data":["x"]})").type, Type::server_event);
  EXPECT_EQ(read(R"({"uid":"u","type":77})").type, Type::other);
}

TEST(PubSubRequest, ThatAsksForAcksComesBackAsItWas) {
  const auto message = parse_pubsub_request(pubsub_question("u", "q", event_of(R"("sum",1)"), 250));
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->type, Type::broadcast);
  EXPECT_EQ(message->request_id, "q");
  EXPECT_EQ(message->items, R"("sum",1)");
  EXPECT_EQ(message->timeout_ms, 250u);
}

TEST(PubSubResponse, IsWhatOfficialServersExpect) {
  const std::vector<RemoteSocket> sockets{{"s", R"({"url":"/"})", {"s", "r"}}};
  EXPECT_EQ(
      pubsub_sockets("q", sockets),
      R"({"requestId":"q","sockets":[{"id":"s","handshake":{"url":"/"},"rooms":["s","r"],"data":{}}]})");
  EXPECT_EQ(pubsub_sids("q", std::vector<std::string>{"s"}),
            R"({"requestId":"q","sockets":["s"]})");
  EXPECT_EQ(pubsub_rooms("q", std::vector<std::string>{"r"}), R"({"requestId":"q","rooms":["r"]})");
  EXPECT_EQ(pubsub_client_count("q", 2), R"({"requestId":"q","type":8,"clientCount":2})");
  EXPECT_EQ(pubsub_server_event_answer("q", "null"), R"({"requestId":"q","type":6,"data":null})");
  const std::vector<std::string> attachments{"b"};
  const auto ack =
      parse_pubsub_response(pubsub_ack("q", {R"({"_placeholder":true,"num":0})", attachments}));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, Type::ack);
  EXPECT_EQ(ack->value, R"({"_placeholder":true,"num":0})");
  EXPECT_THAT(ack->attachments, ElementsAre("b"));
}

TEST(StreamEntry, IsReadAsOfficialServersWriteIt) {
  const auto message = parse_stream_entry(
      {.uid = "0123456789abcdef",
       .ns = "/",
       .type = "3",
       .data =
           R"({"packet":{"type":2,"data":["hi",1]},"opts":{"rooms":["r"],"except":[],"flags":{}}})"});
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->type, Type::broadcast);
  EXPECT_EQ(message->items, R"("hi",1)");
  EXPECT_THAT(message->rooms, ElementsAre("r"));
  EXPECT_EQ(message->uid, "0123456789abcdef");
}

TEST(StreamEntry, ComesBackAsItWas) {
  ClusterEvent event = event_of(R"("order",{"_placeholder":true,"num":0})");
  const std::vector<std::string> attachments{"bytes"};
  event.attachments = attachments;
  const StreamData data = stream_broadcast(event);
  EXPECT_EQ(data.type, "3");
  EXPECT_FALSE(data.data.starts_with('{')) << "base64";
  const auto message = parse_stream_entry({"u", "/chat", data.type, data.data});
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->items, event.items);
  EXPECT_THAT(message->attachments, ElementsAre("bytes"));

  const Selection who{"/chat", kRooms, kExcept};
  const StreamData join = stream_join(who, kRooms);
  EXPECT_EQ(join.data,
            R"({"opts":{"rooms":["a","b"],"except":["x"],"flags":{}},"rooms":["a","b"]})");
  EXPECT_EQ(stream_disconnect(who, true).data,
            R"({"opts":{"rooms":["a","b"],"except":["x"],"flags":{}},"close":true})");
}

TEST(StreamMessage, ComesBackAsItWas) {
  const StreamSender sender{"u", "/chat"};
  const auto question =
      parse_stream_message(stream_question(sender, "q", event_of(R"("sum")"), 100));
  ASSERT_TRUE(question) << question.error().message;
  EXPECT_EQ(question->type, Type::broadcast);
  EXPECT_EQ(question->request_id, "q");
  EXPECT_EQ(question->ns, "/chat");
  EXPECT_EQ(question->timeout_ms, 100u);
  const auto count = parse_stream_message(stream_client_count(sender, "q", 3));
  ASSERT_TRUE(count);
  EXPECT_EQ(count->type, Type::client_count);
  EXPECT_EQ(count->count, 3u);
  const auto ack = parse_stream_message(stream_ack(sender, "q", {.json = "[1]"}));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->value, "[1]");
}

TEST(ClusterMessage, ThatMakesNoSenseIsRefusedWithTheReason) {
  struct Bad {
    std::string bytes;
    std::string_view reason;
  };
  const auto with_data = [](const std::string& data) {
    return "\x93\xa1u\x82\xa4type\x02\xa4"
           "data" +
           data + "\x80";
  };
  for (const Bad& bad :
       {Bad{"", "ends too early"}, Bad{"\x93\xa1u\x80", "ends too early"},
        Bad{"\x92\xa1u\x80", "three parts"}, Bad{"\x80", "not an array"},
        Bad{"\x93\xa1u\x81\xa4type\x02\x80", "without data"},
        Bad{with_data("\x80"), "not an array"}, Bad{with_data("\x90"), "without a name"},
        Bad{with_data("\x91\xc0"), "neither a string"},
        Bad{with_data("\x91\xa7"
                      "connect"),
            "reserved"},
        Bad{"\x93\xa1u\x81\xa3nsp\xa1x\x80", "nsp"},
        Bad{"\x93\xa1u\x80\x81\xa5rooms\x07", "rooms is not an array"}}) {
    const auto message = parse_pubsub_broadcast(bad.bytes);
    ASSERT_FALSE(message) << bad.reason;
    EXPECT_THAT(message.error().message, HasSubstr(bad.reason));
  }
  EXPECT_FALSE(parse_pubsub_request("{\"type\":2}"));
  EXPECT_FALSE(parse_pubsub_request("{"));
  EXPECT_FALSE(parse_stream_entry({"u", "/", "x", "{}"}));
  EXPECT_FALSE(parse_stream_entry({"u", "/", "3", "!"}));
  EXPECT_FALSE(parse_stream_entry({"u", "/", "3", "{}"}));
}

TEST(ClusterMessage, ForTooManyRoomsIsRefused) {
  std::vector<std::string> names;
  for (int i = 0; i < 1001; ++i) names.push_back("room" + std::to_string(i));
  const std::vector<std::string_view> rooms(names.begin(), names.end());
  const ClusterEvent event{.to = {"/", rooms, {}}, .items = "\"e\""};
  const auto message = parse_pubsub_broadcast(pubsub_broadcast("u", event));
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, Errc::too_large);
}

}  // namespace
}  // namespace sio::cluster

#include "proto/sio_extension.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <typename T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().message;
}

std::string list_of(std::size_t count, const std::string& item = "\"r\"") {
  std::string out = "[" + item;
  for (std::size_t i = 1; i < count; ++i) out += "," + item;
  return out + "]";
}

TEST(Hello, IsReadBack) {
  const Hello hello{.meta = true,
                    .rooms = {"a", "b \"c\""},
                    .events = {"order.*"},
                    .respond = {"sum"},
                    .since = "#k3f9-7"};
  const std::string text = encode_hello(hello);
  EXPECT_EQ(text, R"({"v":1,"meta":true,"rooms":["a","b \"c\""],"events":["order.*"],)"
                  R"("respond":["sum"],"since":"#k3f9-7"})");
  const auto read = parse_hello(R"({"token":1,"sio":)" + text + "}");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(*read);
  EXPECT_TRUE((*read)->meta);
  EXPECT_THAT((*read)->rooms, ElementsAre("a", "b \"c\""));
  EXPECT_THAT((*read)->events, ElementsAre("order.*"));
  EXPECT_THAT((*read)->respond, ElementsAre("sum"));
  EXPECT_EQ((*read)->since, "#k3f9-7");
}

TEST(Hello, AsksForThePast) {
  const Hello hello{.since = "1769868306123", .until = "now", .tail = 0, .all_rooms = true};
  const std::string text = encode_hello(hello);
  EXPECT_EQ(text, R"({"v":1,"since":"1769868306123","until":"now","tail":0,"all_rooms":true})");
  const auto read = parse_hello("{\"sio\":" + text + "}");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)->since, "1769868306123");
  EXPECT_EQ((*read)->until, "now");
  EXPECT_EQ((*read)->tail, 0u);
  EXPECT_TRUE((*read)->all_rooms);
}

TEST(Hello, TakesATimeAsANumberToo) {
  const auto read = parse_hello(R"({"sio":{"since":1769868306123}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)->since, "1769868306123");
}

TEST(Hello, AsksForAGroup) {
  const Hello hello{
      .group = "workers", .max_deliver = 3, .ack_wait_ms = 5000, .window = 1, .recover = true};
  const std::string text = encode_hello(hello);
  EXPECT_EQ(
      text,
      R"({"v":1,"group":"workers","max_deliver":3,"ack_wait":5000,"window":1,"recover":true})");
  const auto read = parse_hello("{\"sio\":" + text + "}");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)->group, "workers");
  EXPECT_EQ((*read)->max_deliver, 3u);
  EXPECT_EQ((*read)->ack_wait_ms, 5000u);
  EXPECT_EQ((*read)->window, 1u);
  EXPECT_TRUE((*read)->recover);
}

TEST(Hello, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(error_of(parse_hello(R"({"sio":{"all_rooms":true}})")),
            R"("sio": "all_rooms": it needs "until" or "inspect")");
  EXPECT_EQ(error_of(parse_hello(R"({"sio":{"group":"g","tail":1}})")),
            R"("sio": "group": it does not go with "until", "tail" or "inspect")");
  EXPECT_EQ(error_of(parse_hello(R"({"sio":{"group":""}})")), R"("sio": "group": expected a name)");
  EXPECT_EQ(error_of(parse_hello(R"({"sio":{"window":0}})")),
            R"("sio": "window": expected a number from 1 to 2147483647)");
}

TEST(PositionText, NamesEveryKindOfPlace) {
  using Kind = Position::Kind;
  EXPECT_EQ(parse_position("all")->kind, Kind::all);
  EXPECT_EQ(parse_position("now")->kind, Kind::now);
  EXPECT_EQ(parse_position("#k3f9-7")->record.seq, 7u);
  EXPECT_EQ(parse_position("2026-01-31T14:05:06.123Z")->time_ms, 1769868306123);
  EXPECT_EQ(parse_position("1769868306123")->time_ms, 1769868306123);
  EXPECT_FALSE(parse_position("yesterday"));
  EXPECT_FALSE(parse_position(""));
}

TEST(Hello, IsNothingFromAStockClient) {
  for (const std::string_view payload : {"", "{}", R"({"token":"x","other":{"sio":{}}})"}) {
    const auto hello = parse_hello(payload);
    ASSERT_TRUE(hello) << payload;
    EXPECT_FALSE(hello->has_value()) << payload;
  }
}

TEST(Hello, MayComeFromANewerClient) {
  const auto hello = parse_hello(R"({"sio":{"v":9,"meta":true,"colour":["blue"]}})");
  ASSERT_TRUE(hello);
  EXPECT_TRUE((*hello)->meta);
}

TEST(Hello, IsRefusedWithTheMemberThatIsWrong) {
  EXPECT_EQ(error_of(parse_hello(R"({"sio":true})")), "\"sio\": expected an object");
  EXPECT_EQ(error_of(parse_hello(R"({"sio":{"meta":1}})")),
            "\"sio\": \"meta\": expected true or false");
  EXPECT_EQ(error_of(parse_hello(R"({"sio":{"rooms":[1]}})")),
            "\"sio\": \"rooms\": expected strings");
  EXPECT_EQ(error_of(parse_hello(R"({"sio":{"events":{}}})")),
            "\"sio\": \"events\": expected strings");
  EXPECT_EQ(error_of(parse_hello(R"({"sio":{"since":"yesterday"}})")),
            "\"sio\": \"since\": expected all, now, a record id such as #k3f9-1042, or a time");
}

TEST(Hello, IsBounded) {
  const auto with = [](const std::string& member) {
    return error_of(parse_hello("{\"sio\":{" + member + "}}"));
  };
  EXPECT_EQ(with("\"events\":" + list_of(kMaxGlobs)), "");
  EXPECT_EQ(with("\"events\":" + list_of(kMaxGlobs + 1)),
            "\"sio\": \"events\": more than 256 of them");
  EXPECT_EQ(with("\"rooms\":" + list_of(kMaxRoomsPerSocket)), "");
  EXPECT_EQ(with("\"rooms\":" + list_of(kMaxRoomsPerSocket + 1)),
            "\"sio\": \"rooms\": more than 10000 of them");
  EXPECT_EQ(with("\"respond\":[\"" + std::string(kMaxGlob + 1, 'x') + "\"]"),
            "\"sio\": \"respond\": one is longer than 512 bytes");
}

TEST(Hello, IsAddedToWhatTheUserSends) {
  const Hello hello{.meta = true};
  EXPECT_EQ(auth_with_hello("", hello), R"({"sio":{"v":1,"meta":true}})");
  EXPECT_EQ(auth_with_hello("{}", hello), R"({"sio":{"v":1,"meta":true}})");
  EXPECT_EQ(
      auth_with_hello(R"({ "token" : 12345678901234567890, "s\u0069o":1, "n":[ 1 ] })", hello),
      R"({"token":12345678901234567890,"n":[ 1 ],"sio":{"v":1,"meta":true}})");
}

TEST(Welcome, IsReadBack) {
  const Welcome welcome{"sio/0.1.0", "k3f9", "#k3f9-1041", "all"};
  const std::string reply = R"({"sid":"x","sio":)" + encode_welcome(welcome) + "}";
  EXPECT_EQ(reply, R"({"sid":"x","sio":{"v":1,"server":"sio/0.1.0","store":"k3f9",)"
                   R"("last":"#k3f9-1041","relay":"all"}})");
  const auto read = parse_welcome(reply);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->server, "sio/0.1.0");
  EXPECT_EQ(read->store, "k3f9");
  EXPECT_EQ(read->last, "#k3f9-1041");
  EXPECT_EQ(read->relay, "all");
}

TEST(Welcome, IsNothingFromAnotherServer) {
  for (const std::string_view reply :
       {"", R"({"sid":"x"})", R"({"sid":"x","sio":1})", R"({"sid":"x","sio":{}})"})
    EXPECT_FALSE(parse_welcome(reply)) << reply;
}

TEST(EventMeta, SaysOnlyWhatIsKnown) {
  std::string out;
  append_meta(out,
              {.id = "#k3f9-1042", .time_ms = 1769868306123, .rooms = {"shop"}, .from = "Xk3"});
  EXPECT_EQ(out, R"({"id":"#k3f9-1042","time":1769868306123,"rooms":["shop"],"from":"Xk3"})");
  out.clear();
  append_meta(out, {});
  EXPECT_EQ(out, "{}");
}

TEST(EventMeta, IsReadBack) {
  std::string out;
  append_meta(out, {.id = "#a-1", .time_ms = 5, .rooms = {"x", "y"}, .from = "f", .replay = true});
  const auto meta = parse_meta(out);
  ASSERT_TRUE(meta) << meta.error().message;
  EXPECT_EQ(meta->id, "#a-1");
  EXPECT_EQ(meta->time_ms, 5);
  EXPECT_THAT(meta->rooms, ElementsAre("x", "y"));
  EXPECT_EQ(meta->from, "f");
  EXPECT_TRUE(meta->replay);
}

TEST(EventMeta, IsRefusedWhenItIsSomethingElse) {
  EXPECT_EQ(error_of(parse_meta("7")), "event metadata: expected an object");
  EXPECT_EQ(error_of(parse_meta(R"({"id":7})")), "event metadata: \"id\": expected a string");
  EXPECT_EQ(error_of(parse_meta(R"({"time":1.5})")),
            "event metadata: \"time\": expected an integer");
}

TEST(RecordId, IsWrittenAndRead) {
  EXPECT_EQ(format_record_id("k3f9", 1042), "#k3f9-1042");
  const auto id = parse_record_id("#k3f9-1042");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->store, "k3f9");
  EXPECT_EQ(id->seq, 1042u);
}

TEST(RecordId, HasAShortForm) {
  const auto id = parse_record_id("#18446744073709551615");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->store, "");
  EXPECT_EQ(id->seq, 18446744073709551615u);
}

TEST(RecordId, IsNothingElse) {
  for (const std::string_view text :
       {"", "#", "1042", "#-1", "#k3f9-", "#k3f9", "#K3F9-1", "#k3f9-1x", "#a-b-1",
        "#18446744073709551616", "#k3f9- 1", "#k3f9--1", "#averylongstorename1-1"})
    EXPECT_FALSE(parse_record_id(text)) << text;
}

TEST(EmitRequest, IsReadBack) {
  const EmitRequest request{.event = "order",
                            .args = R"(1,{"a":[2]})",
                            .rooms = {"x"},
                            .except = {"y"},
                            .key = "k",
                            .is_volatile = true};
  const std::string text = encode_emit_request(request);
  EXPECT_EQ(text, R"({"event":"order","args":[1,{"a":[2]}],"rooms":["x"],"except":["y"],"id":"k",)"
                  R"("volatile":true})");
  const auto read = parse_emit_request(text + ",7");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->event, "order");
  EXPECT_EQ(read->args, R"(1,{"a":[2]})");
  EXPECT_THAT(read->rooms, ElementsAre("x"));
  EXPECT_THAT(read->except, ElementsAre("y"));
  EXPECT_EQ(read->key, "k");
  EXPECT_TRUE(read->is_volatile);
}

TEST(EmitRequest, NeedsOnlyAnEvent) {
  const auto read = parse_emit_request(R"( {"event":"","args":[ ],"rooms":"one"})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->event, "");
  EXPECT_EQ(read->args, "");
  EXPECT_THAT(read->rooms, ElementsAre("one"));
  EXPECT_THAT(read->except, IsEmpty());
  EXPECT_FALSE(read->is_volatile);
}

TEST(EmitRequest, ANumberAsNameStaysOne) {
  const std::string text = encode_emit_request({.event = "7", .numeric_name = true});
  EXPECT_EQ(text, R"({"event":7})");
  EXPECT_TRUE(parse_emit_request(text)->numeric_name);
  EXPECT_EQ(parse_emit_request(text)->event, "7");
  EXPECT_FALSE(parse_emit_request(R"({"event":7,"event":"7"})")->numeric_name);
  EXPECT_FALSE(parse_emit_request("{\"event\":" + std::string(kMaxEventName + 1, '1') + "}"));
}

TEST(EmitRequest, IsRefusedWithTheMemberThatIsWrong) {
  const auto problem = [](std::string_view args) { return error_of(parse_emit_request(args)); };
  EXPECT_EQ(problem(""), "expected an object with the member \"event\"");
  EXPECT_EQ(problem("\"order\""), "expected an object with the member \"event\"");
  EXPECT_EQ(problem("{}"), "\"event\": it is missing");
  EXPECT_EQ(problem(R"({"event":true})"), "\"event\": expected a string");
  EXPECT_EQ(problem(R"({"event":"connect"})"), "\"event\": expected a name that is not reserved");
  EXPECT_EQ(problem(R"({"event":"a","args":{}})"), "\"args\": expected an array");
  EXPECT_EQ(problem(R"({"event":"a","rooms":[1]})"), "\"rooms\": expected strings");
  EXPECT_EQ(problem(R"({"event":"a","except":2})"), "\"except\": expected strings");
  EXPECT_EQ(problem(R"({"event":"a","id":3})"), "\"id\": expected a string");
  EXPECT_EQ(problem(R"({"event":"a","volatile":"yes"})"), "\"volatile\": expected true or false");
}

TEST(EmitRequest, IsBounded) {
  const auto bounded =
      parse_emit_request(R"({"event":"a","rooms":)" + list_of(kMaxRoomsPerEvent + 1) + "}");
  ASSERT_FALSE(bounded);
  EXPECT_EQ(bounded.error().code, Errc::too_large);
  EXPECT_THAT(
      error_of(parse_emit_request("{\"event\":\"" + std::string(kMaxEventName + 1, 'e') + "\"}")),
      HasSubstr("longer than 4096 bytes"));
}

TEST(Answers, SayNo) {
  const std::string text = encode_refusal("too_large", "1 MB at most");
  EXPECT_EQ(text, R"({"error":{"code":"too_large","message":"1 MB at most"}})");
  const auto refusal = parse_refusal(text);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, "too_large");
  EXPECT_EQ(refusal->message, "1 MB at most");
  EXPECT_FALSE(parse_receipt(text));
}

TEST(Answers, SayYes) {
  EXPECT_EQ(encode_receipt("#a-1"), R"({"id":"#a-1"})");
  EXPECT_EQ(parse_receipt(R"({"id":"#a-1"})"), "#a-1");
  EXPECT_EQ(parse_receipt(encode_receipt("")), "");
  EXPECT_FALSE(parse_refusal(R"({"id":"#a-1"})"));
}

TEST(Answers, OfAnApplicationAreNeither) {
  for (const std::string_view args :
       {"", "1", "\"ok\"", "{}", R"({"error":"exit 3"})", R"([{"id":"#a-1"}])", R"({"id":7})"}) {
    EXPECT_FALSE(parse_refusal(args)) << args;
    EXPECT_FALSE(parse_receipt(args)) << args;
  }
}

}  // namespace
}  // namespace sio::proto

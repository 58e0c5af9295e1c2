#include "cli/record_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/json_text.h"
#include "support/random_json.h"

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kTime = 1769868306123;  // 2026-01-31T14:05:06.123Z

template <typename Record>
std::string printed(const Record& record) {
  std::string out;
  append_record(out, record);
  return out;
}

InputRecord parsed(std::string_view line) {
  auto record = parse_input_record(line);
  EXPECT_TRUE(record) << line << "\n" << (record ? "" : record.error().message);
  return record.value_or(InputRecord{});
}

std::string problem(std::string_view line) {
  const auto record = parse_input_record(line);
  if (record) return "";
  EXPECT_EQ(record.error().code, Errc::usage);
  return record.error().message;
}

std::string time_text(std::int64_t ms) {
  std::string out;
  append_time(out, ms);
  return out;
}

TEST(RecordTime, IsUtcWithMilliseconds) {
  EXPECT_EQ(time_text(kTime), "2026-01-31T14:05:06.123Z");
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_text(951'782'399'999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(time_text(951'782'400'000), "2000-02-29T00:00:00.000Z");
}

TEST(RecordTime, StaysWithinFourDigitYears) {
  EXPECT_EQ(time_text(-1), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::max()), "9999-12-31T23:59:59.999Z");
}

TEST(EventRecords, AlwaysHaveTypeTimeNsEventAndArgs) {
  EXPECT_EQ(
      printed(EventRecord{.time_ms = kTime, .event_json = "\"order\"", .args = {}}),
      R"({"type":"event","time":"2026-01-31T14:05:06.123Z","ns":"/","event":"order","args":[]})"
      "\n");
}

TEST(EventRecords, HaveTheRestWhenItIsKnown) {
  const std::vector<std::string> rooms = {"shop", "a \"b\""};
  const EventRecord record{.time_ms = kTime,
                           .ns = "/admin",
                           .event_json = "7",
                           .args = R"({"id":12345678901234567890},{"$binary":"AA=="})",
                           .id = "#k3f9-1042",
                           .rooms = rooms,
                           .from = "Xk3",
                           .ack = 17,
                           .replay = true,
                           .delivery = 2,
                           .group = "workers",
                           .offset = "Q7"};
  EXPECT_EQ(printed(record),
            R"({"type":"event","time":"2026-01-31T14:05:06.123Z","ns":"/admin","event":7,)"
            R"("args":[{"id":12345678901234567890},{"$binary":"AA=="}],"id":"#k3f9-1042",)"
            R"("rooms":["shop","a \"b\""],"from":"Xk3","ack":17,"replay":true,"delivery":2,)"
            R"("group":"workers","offset":"Q7"})"
            "\n");
}

TEST(EventRecords, AreOneLineWhateverTheArguments) {
  EXPECT_EQ(printed(EventRecord{.event_json = "\"a\\n\"", .args = "\n1\r\n,\r[2 ,\n3]\n"}),
            R"({"type":"event","time":"1970-01-01T00:00:00.000Z","ns":"/","event":"a\n",)"
            R"("args":[1,[2 ,3]]})"
            "\n");
}

TEST(AckRecords, SayHowLongItTook) {
  EXPECT_EQ(printed(AckRecord{
                .event_json = "\"order\"", .args = "\"ok\"", .id = "#k3f9-1042", .ms = 1.94}),
            R"({"type":"ack","event":"order","args":["ok"],"id":"#k3f9-1042","ms":1.9})"
            "\n");
  EXPECT_EQ(printed(AckRecord{.event_json = "\"a\"", .args = {}, .ms = 0}),
            R"({"type":"ack","event":"a","args":[],"ms":0.0})"
            "\n");
}

TEST(LifecycleRecords, HaveTheirDocumentedForms) {
  EXPECT_EQ(printed(ConnectRecord{
                .time_ms = kTime, .sid = "Xk3", .transport = "websocket", .server = "sio/1.0"}),
            R"({"type":"connect","time":"2026-01-31T14:05:06.123Z","sid":"Xk3",)"
            R"("transport":"websocket","recovered":false,"server":"sio/1.0"})"
            "\n");
  EXPECT_EQ(
      printed(ConnectRecord{
          .time_ms = kTime, .ns = "/n", .sid = "x", .transport = "polling", .recovered = true}),
      R"({"type":"connect","time":"2026-01-31T14:05:06.123Z","ns":"/n","sid":"x",)"
      R"("transport":"polling","recovered":true})"
      "\n");
  EXPECT_EQ(printed(ConnectErrorRecord{.message = "refused", .retry_s = 0.1}),
            R"({"type":"connect_error","time":"1970-01-01T00:00:00.000Z","message":"refused",)"
            R"("retry":0.1})"
            "\n");
  EXPECT_EQ(printed(ReconnectRecord{.attempt = 2}),
            R"({"type":"reconnect","time":"1970-01-01T00:00:00.000Z","attempt":2})"
            "\n");
  EXPECT_EQ(printed(PingRecord{.time_ms = 1}),
            R"({"type":"ping","time":"1970-01-01T00:00:00.001Z"})"
            "\n");
  EXPECT_EQ(printed(JoinRecord{.ns = "/n", .room = "a\"b", .is_asked = true}),
            R"({"type":"join","time":"1970-01-01T00:00:00.000Z","ns":"/n","room":"a\"b",)"
            R"("asked":true})"
            "\n");
  EXPECT_EQ(printed(LeaveRecord{.ns = "/n", .reason = "x"}),
            R"({"type":"leave","time":"1970-01-01T00:00:00.000Z","ns":"/n","reason":"x"})"
            "\n");
  EXPECT_EQ(
      printed(DisconnectRecord{.reason = "transport close", .retry_s = 0.84}),
      R"({"type":"disconnect","time":"1970-01-01T00:00:00.000Z","reason":"transport close","retry":0.8})"
      "\n");
  EXPECT_EQ(
      printed(DisconnectRecord{.ns = "/n", .reason = "io server disconnect"}),
      R"({"type":"disconnect","time":"1970-01-01T00:00:00.000Z","ns":"/n","reason":"io server disconnect"})"
      "\n");
  EXPECT_EQ(
      printed(GapRecord{.after = "#k3f9-1002", .before = "#k3f9-1040", .reason = "retention"}),
      R"({"type":"gap","time":"1970-01-01T00:00:00.000Z","after":"#k3f9-1002","before":"#k3f9-1040","reason":"retention"})"
      "\n");
  EXPECT_EQ(printed(GapRecord{.reason = "not resumed"}),
            R"({"type":"gap","time":"1970-01-01T00:00:00.000Z","reason":"not resumed"})"
            "\n");
  EXPECT_EQ(
      printed(ErrorRecord{.code = 4,
                          .message = "bad token",
                          .data = "{\"code\":\n42}",
                          .hint = "the server's middleware refused -A"}),
      R"({"type":"error","time":"1970-01-01T00:00:00.000Z","code":4,"message":"bad token","data":{"code":42},)"
      R"("hint":"the server's middleware refused -A"})"
      "\n");
}

TEST(InputRecords, NeedOnlyAnEvent) {
  const InputRecord record = parsed(R"({"event":"order"})");
  EXPECT_EQ(record.kind, InputRecord::Kind::event);
  EXPECT_EQ(record.event, "order");
  EXPECT_EQ(record.event_json, "\"order\"");
  EXPECT_EQ(record.args, "");
  EXPECT_EQ(record.ns, "");
  EXPECT_TRUE(record.rooms.empty());
}

TEST(InputRecords, UseArgsNsRoomsIdAndGroup) {
  const std::string line =
      R"( {"type":"event","event":"a\u0062","args":[ 1, {"b":2}],"ns":"/n","rooms":["x","y"],)"
      R"("id":"#k3f9-7","group":"g","ack":5,"from":{},"unknown":[1]} )";
  const InputRecord record = parsed(line);
  EXPECT_EQ(record.event, "ab");
  EXPECT_EQ(record.event_json, R"("a\u0062")");
  EXPECT_EQ(record.args, R"( 1, {"b":2})");
  EXPECT_EQ(record.ns, "/n");
  EXPECT_THAT(record.rooms, ElementsAre("x", "y"));
  EXPECT_EQ(record.id, "#k3f9-7");
  EXPECT_EQ(record.group, "g");
}

TEST(InputRecords, MayAnswerAnEvent) {
  const InputRecord record = parsed(R"({"type":"ack","ack":17,"args":[{"ok":true}],"ns":"/n"})");
  EXPECT_EQ(record.kind, InputRecord::Kind::ack);
  EXPECT_EQ(record.ack, 17u);
  EXPECT_EQ(record.args, R"({"ok":true})");
  EXPECT_EQ(record.ns, "/n");
}

TEST(InputRecords, AreSkippedWhenTheyAreSomethingElse) {
  for (const std::string& line :
       {printed(ConnectRecord{.sid = "x", .transport = "polling"}),
        printed(DisconnectRecord{.reason = "x"}), printed(GapRecord{.reason = "x"}),
        printed(ErrorRecord{.code = 1, .message = "x"}),
        printed(ConnectErrorRecord{.message = "x"}), printed(ReconnectRecord{.attempt = 1}),
        printed(PingRecord{}), printed(JoinRecord{.ns = "/", .room = "r"}),
        printed(LeaveRecord{.ns = "/", .reason = "x"}),
        printed(AckRecord{.event_json = "\"a\"", .args = "1", .id = "#a-1"}),
        std::string(R"({"type":"ping","event":7})")})
    EXPECT_EQ(parsed(line).kind, InputRecord::Kind::skip) << line;
}

TEST(InputRecords, AreRefusedWithWhatIsWrongAndWhere) {
  EXPECT_EQ(problem(""), "not JSON: byte 1: expected a value, but the text ends");
  EXPECT_EQ(problem("hello"), "not JSON: byte 1: expected a value");
  EXPECT_EQ(problem(R"({"event":"a"} x)"), "not JSON: byte 15: text behind the end of the value");
  EXPECT_EQ(problem("[]"), "expected a JSON object, a record as listen prints it");
  EXPECT_EQ(problem("{}"), "\"event\": it is missing");
  EXPECT_EQ(problem(R"({"type":7})"), "\"type\": expected a string");
  EXPECT_EQ(problem(R"({"event":null})"), "\"event\": expected a string");
  EXPECT_EQ(problem(R"({"event":"disconnect"})"),
            "\"event\": the protocol reserves \"disconnect\"");
  EXPECT_EQ(problem(R"({"event":"a","args":1})"), "\"args\": expected an array");
  EXPECT_EQ(problem(R"({"event":"a","ns":"n"})"), "\"ns\": a namespace begins with /");
  EXPECT_EQ(problem(R"({"event":"a","ns":"/a,b"})"), "\"ns\": a namespace cannot have a comma");
  EXPECT_EQ(problem(R"({"event":"a","rooms":"x"})"), "\"rooms\": expected an array");
  EXPECT_EQ(problem(R"({"event":"a","rooms":[1]})"), "\"rooms\": expected a string");
  EXPECT_EQ(problem(R"({"event":"a","id":7})"), "\"id\": expected a string");
  EXPECT_EQ(problem(R"({"event":"a","group":7})"), "\"group\": expected a string");
  EXPECT_EQ(problem(R"({"type":"ack","ack":"x"})"),
            "\"ack\": expected the number that came with the event");
  EXPECT_EQ(problem(R"({"type":"ack","ack":1,"args":{}})"), "\"args\": expected an array");
}

TEST(InputRecords, AreBounded) {
  EXPECT_THAT(problem(R"({"event":")" + std::string(5000, 'e') + "\"}"),
              HasSubstr("longer than 4096 bytes"));
  std::string rooms = "\"r\"";
  for (int i = 0; i < 1000; ++i) rooms += ",\"r\"";
  EXPECT_EQ(problem(R"({"event":"a","rooms":[)" + rooms + "]}"), "\"rooms\": more than 1000 rooms");
}

std::string without_line_breaks(std::string text) {
  std::erase(text, '\n');
  std::erase(text, '\r');
  return text;
}

TEST(Records, AreReadAsTheyWerePrinted) {
  test::RandomJson random(9);
  for (int i = 0; i < 5000; ++i) {
    const std::string event = random.string();
    const std::string args = random.values(5);
    const std::vector<std::string> rooms = {"r", proto::json_unescape(random.string())};
    const std::string line = printed(EventRecord{
        .time_ms = kTime, .ns = "/n", .event_json = event, .args = args, .rooms = rooms});
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    const InputRecord record = parsed(std::string_view(line).substr(0, line.size() - 1));
    EXPECT_EQ(record.event_json, event);
    EXPECT_EQ(record.args, without_line_breaks(args));
    EXPECT_EQ(record.ns, "/n");
    EXPECT_EQ(record.rooms, rooms);
  }
}

}  // namespace
}  // namespace sio::cli

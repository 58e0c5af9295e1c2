#include "proto/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::proto {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::Pair;

TEST(EngineQuery, ReadsWhatItKnowsAndKeepsEverything) {
  const EngineQuery query =
      parse_engine_query("token=a+b%21&EIO=4&transport=polling&t=abc&sid=x&b64=1&j=0");
  EXPECT_EQ(query.eio, "4");
  EXPECT_EQ(query.transport, "polling");
  EXPECT_EQ(query.sid, "x");
  EXPECT_TRUE(query.base64_only);
  EXPECT_EQ(query.jsonp, "0");
  EXPECT_EQ(query.all.size(), 7u);
  EXPECT_THAT(query.all[0], Pair("token", "a b!"));
}

TEST(EngineQuery, IsEmptyWithoutParameters) {
  const EngineQuery query = parse_engine_query("");
  EXPECT_EQ(query.eio, "");
  EXPECT_FALSE(query.base64_only);
  EXPECT_FALSE(query.jsonp.has_value());
  EXPECT_TRUE(query.all.empty());
}

TEST(EngineQuery, LetsTheLastValueWin) {
  EXPECT_EQ(parse_engine_query("EIO=3&EIO=4").eio, "4");
  EXPECT_EQ(parse_engine_query("sid=x&sid=").sid, "");
}

TEST(EngineQuery, TakesEmptyValuesForAbsentOnes) {
  const EngineQuery query = parse_engine_query("sid=&b64=&j=&&=v&k");
  EXPECT_EQ(query.sid, "");
  EXPECT_FALSE(query.base64_only);
  EXPECT_EQ(query.jsonp, "");
  EXPECT_THAT(query.all, ElementsAre(Pair("sid", ""), Pair("b64", ""), Pair("j", ""), Pair("", "v"),
                                     Pair("k", "")));
}

TEST(EngineQuery, LetsMalformedEscapesStandForThemselves) {
  const EngineQuery query = parse_engine_query("a=%&b=%2&c=%zz&d=%41%");
  EXPECT_THAT(query.all,
              ElementsAre(Pair("a", "%"), Pair("b", "%2"), Pair("c", "%zz"), Pair("d", "A%")));
}

TEST(EngineQuery, IsBounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a=b&";
  EXPECT_EQ(parse_engine_query(text).all.size(), 256u);
}

TEST(EnginePath, MatchesByPrefix) {
  EXPECT_TRUE(path_matches("/socket.io/?EIO=4", "/socket.io/"));
  EXPECT_TRUE(path_matches("/socket.io/anything?EIO=4", "/socket.io/"));
  EXPECT_FALSE(path_matches("/socket.io?EIO=4", "/socket.io/"));
  EXPECT_FALSE(path_matches("/socket.iox/", "/socket.io/"));
  EXPECT_FALSE(path_matches("/?x=/socket.io/", "/socket.io/"));
  EXPECT_FALSE(path_matches("", "/socket.io/"));
}

TEST(EnginePath, EndsAtTheQuestionMark) {
  EXPECT_EQ(query_of("/socket.io/?a=1&b=?"), "a=1&b=?");
  EXPECT_EQ(query_of("/socket.io/"), "");
  EXPECT_EQ(query_of("/?"), "");
}

TEST(EngineErrors, HaveTheOfficialTexts) {
  EXPECT_EQ(error_body(EngineErrorCode::transport_unknown),
            R"({"code":0,"message":"Transport unknown"})");
  EXPECT_EQ(error_body(EngineErrorCode::session_unknown),
            R"({"code":1,"message":"Session ID unknown"})");
  EXPECT_EQ(error_body(EngineErrorCode::bad_handshake_method),
            R"({"code":2,"message":"Bad handshake method"})");
  EXPECT_EQ(error_body(EngineErrorCode::bad_request), R"({"code":3,"message":"Bad request"})");
  EXPECT_EQ(error_body(EngineErrorCode::forbidden), R"({"code":4,"message":"Forbidden"})");
  EXPECT_EQ(error_body(EngineErrorCode::unsupported_version),
            R"({"code":5,"message":"Unsupported protocol version"})");
  EXPECT_EQ(http_status_of(EngineErrorCode::forbidden), 403);
  EXPECT_EQ(http_status_of(EngineErrorCode::bad_request), 400);
}

class EngineValidation : public testing::Test {
 protected:
  std::optional<EngineErrorCode> check(std::string_view query,
                                       const SessionFacts* session = nullptr) {
    return validate(parse_engine_query(query), request_, session);
  }

  EngineRequestFacts request_{.method = "GET", .origin = {}};
  SessionFacts polling_{.is_polling = true};
  SessionFacts websocket_{.is_polling = false};
};

TEST_F(EngineValidation, AdmitsTheTwoHandshakes) {
  EXPECT_EQ(check("EIO=4&transport=polling"), std::nullopt);
  request_.upgrade = true;
  EXPECT_EQ(check("EIO=4&transport=websocket"), std::nullopt);
}

TEST_F(EngineValidation, AdmitsPollsPostsAndTheUpgrade) {
  EXPECT_EQ(check("EIO=4&transport=polling&sid=x", &polling_), std::nullopt);
  request_.method = "POST";
  EXPECT_EQ(check("EIO=4&transport=polling&sid=x", &polling_), std::nullopt);
  request_.method = "GET";
  request_.upgrade = true;
  EXPECT_EQ(check("EIO=4&transport=websocket&sid=x", &polling_), std::nullopt);
}

TEST_F(EngineValidation, RefusesTransportsItDoesNotKnowOrMayNotUse) {
  const auto unknown = EngineErrorCode::transport_unknown;
  EXPECT_EQ(check("EIO=4"), unknown);
  EXPECT_EQ(check("EIO=4&transport=tobi"), unknown);
  EXPECT_EQ(check("EIO=4&transport=webtransport"), unknown);
  request_.polling_allowed = false;
  EXPECT_EQ(check("EIO=4&transport=polling"), unknown);
  request_.websocket_allowed = false;
  request_.upgrade = true;
  EXPECT_EQ(check("EIO=4&transport=websocket"), unknown);
}

TEST_F(EngineValidation, LooksAtTheTransportBeforeAllElse) {
  request_.origin = "http://a\x01";
  request_.method = "POST";
  EXPECT_EQ(check("EIO=3&transport=x&sid=y"), EngineErrorCode::transport_unknown);
}

TEST_F(EngineValidation, RefusesAnOriginThatIsNoHeader) {
  request_.origin = "http://a\x01";
  EXPECT_EQ(check("EIO=4&transport=polling&sid=y"), EngineErrorCode::bad_request);
}

TEST_F(EngineValidation, RefusesUnknownSessions) {
  EXPECT_EQ(check("EIO=4&transport=polling&sid=x"), EngineErrorCode::session_unknown);
  EXPECT_EQ(check("EIO=3&transport=polling&sid=x"), EngineErrorCode::session_unknown);
}

TEST_F(EngineValidation, RefusesPollsOfASessionThatHasUpgraded) {
  EXPECT_EQ(check("EIO=4&transport=polling&sid=x", &websocket_), EngineErrorCode::bad_request);
}

TEST_F(EngineValidation, RefusesAWebSocketThatIsNone) {
  EXPECT_EQ(check("EIO=4&transport=websocket"), EngineErrorCode::bad_request);
  EXPECT_EQ(check("EIO=4&transport=websocket&sid=x", &polling_), EngineErrorCode::bad_request);
  EXPECT_EQ(check("EIO=4&transport=websocket&sid=x", &websocket_), EngineErrorCode::bad_request);
}

TEST_F(EngineValidation, RefusesAnUpgradeToPolling) {
  request_.upgrade = true;
  EXPECT_EQ(check("EIO=4&transport=polling"), EngineErrorCode::bad_request);
  EXPECT_EQ(check("EIO=4&transport=polling&sid=x", &polling_), EngineErrorCode::bad_request);
}

TEST_F(EngineValidation, RefusesOtherVersions) {
  EXPECT_EQ(check("EIO=3&transport=polling"), EngineErrorCode::unsupported_version);
  EXPECT_EQ(check("transport=polling"), EngineErrorCode::unsupported_version);
  EXPECT_EQ(check("EIO=3&transport=polling&sid=x", &polling_), EngineErrorCode::bad_request);
  request_.upgrade = true;
  EXPECT_EQ(check("EIO=3&transport=websocket"), EngineErrorCode::unsupported_version);
}

TEST_F(EngineValidation, TakesHandshakesOnlyFromGet) {
  request_.method = "POST";
  EXPECT_EQ(check("EIO=3&transport=polling"), EngineErrorCode::bad_handshake_method);
  EXPECT_EQ(check("EIO=4&transport=websocket"), EngineErrorCode::bad_handshake_method);
}

TEST(OpenPacketText, HasTheOfficialKeysInTheirOrder) {
  const OpenPacket open{.sid = "lv_VI97HAXpY6yYWAAAC",
                        .upgrades = {"websocket"},
                        .ping_interval = milliseconds(300),
                        .ping_timeout = milliseconds(200),
                        .max_payload = 1'000'000};
  EXPECT_EQ(encode_open(open),
            R"(0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":300,)"
            R"("pingTimeout":200,"maxPayload":1000000})");
}

TEST(OpenPacketText, IsReadBack) {
  const OpenPacket open{.sid = "x", .upgrades = {}, .max_payload = 5};
  const auto read = parse_open(encode_open(open).substr(1));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->sid, "x");
  EXPECT_TRUE(read->upgrades.empty());
  EXPECT_EQ(read->ping_interval, milliseconds(25'000));
  EXPECT_EQ(read->ping_timeout, milliseconds(20'000));
  EXPECT_EQ(read->max_payload, 5u);
}

TEST(OpenPacketText, MayLackWhatOldServersDoNotSend) {
  const auto read = parse_open(R"({"sid":"x","pingInterval":1.5e3,"pingTimeout":2,"new":[]})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->ping_interval, milliseconds(1500));
  EXPECT_EQ(read->max_payload, 1'000'000u);
}

TEST(OpenPacketText, BoundsAbsurdTimes) {
  const auto read = parse_open(R"({"sid":"x","pingInterval":1e300,"pingTimeout":1e999})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ping_interval, std::chrono::hours(24 * 365));
  EXPECT_EQ(read->ping_timeout, std::chrono::hours(24 * 365));
}

TEST(OpenPacketText, IsRefusedWithTheMemberThatIsWrong) {
  const auto problem = [](std::string_view json) {
    const auto open = parse_open(json);
    return open ? "" : open.error().message;
  };
  EXPECT_EQ(problem("{"),
            "open packet: byte 2: expected a member name in quotes, but the text ends");
  EXPECT_EQ(problem("[]"), "open packet: not an object");
  EXPECT_EQ(problem(R"({"sid":""})"), "open packet: no sid");
  EXPECT_EQ(problem(R"({"sid":7})"), "open packet: no sid");
  EXPECT_EQ(problem(R"({"sid":"x"})"), "open packet: no pingInterval");
  EXPECT_EQ(problem(R"({"sid":"x","pingInterval":-1})"),
            "open packet: pingInterval is not a positive number");
  EXPECT_EQ(problem(R"({"sid":"x","pingInterval":1,"pingTimeout":"2"})"),
            "open packet: pingTimeout is not a positive number");
  EXPECT_EQ(problem(R"({"sid":"x","upgrades":{}})"), "open packet: upgrades is not an array");
}

TEST(Handshake, LetsOldClientsInOnlyWhenTold) {
  const EngineQuery query = parse_engine_query("EIO=3&transport=polling");
  EngineRequestFacts request{.method = "GET"};
  EXPECT_EQ(validate(query, request, nullptr), EngineErrorCode::unsupported_version);
  request.v3_allowed = true;
  EXPECT_EQ(validate(query, request, nullptr), std::nullopt);
}

TEST(Handshake, ASessionStaysWithItsRevision) {
  const EngineRequestFacts request{.method = "GET", .v3_allowed = true};
  const SessionFacts v4{.revision = EngineRevision::v4};
  const SessionFacts v3{.revision = EngineRevision::v3};
  const EngineQuery old = parse_engine_query("EIO=3&transport=polling&sid=x");
  EXPECT_EQ(validate(old, request, &v4), EngineErrorCode::bad_request);
  EXPECT_EQ(validate(old, request, &v3), std::nullopt);
  const EngineQuery young = parse_engine_query("EIO=4&transport=polling&sid=x");
  EXPECT_EQ(validate(young, request, &v3), EngineErrorCode::bad_request);
}

TEST(OldConnect, TheQueryOfTheNamespaceIsTheAuth) {
  const auto connect = parse_old_connect("0/admin?token=a%20b&n=1,");
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->ns, "/admin");
  EXPECT_EQ(connect->auth, R"({"token":"a b","n":"1"})");
}

TEST(OldConnect, WithoutAQueryThereIsNone) {
  const auto connect = parse_old_connect("0/admin");
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->ns, "/admin");
  EXPECT_EQ(connect->auth, "");
}

TEST(OldConnect, TheQueryMayBeLongButNotTheName) {
  EXPECT_TRUE(parse_old_connect("0/a?token=" + std::string(5000, 'x') + ","));
  EXPECT_FALSE(parse_old_connect("0/" + std::string(5000, 'x') + ","));
  EXPECT_FALSE(parse_old_connect("0/\xff,"));
}

TEST(OldConnect, WhatEngineIoSaysInAQueryIsNotAuth) {
  EXPECT_EQ(auth_of_query(parse_engine_query("EIO=3&transport=polling&t=x&b64=1&sid=y&j=0")), "");
  EXPECT_EQ(auth_of_query(parse_engine_query("EIO=3&token=%22")), R"({"token":"\""})");
}

}  // namespace
}  // namespace sio::proto

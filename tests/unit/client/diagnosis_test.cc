#include "client/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace sio::client {
namespace {

using net::ConnectFailure;
using net::ConnectStage;
using net::Symptom;
using testing::HasSubstr;
using testing::Not;

const LinkTarget kTarget = {.endpoint = {.host = "chat.example", .port = 3000},
                            .name = "chat.example:3000"};

Diagnosis of_http(int status, std::string body, std::string_view transport = "polling") {
  return diagnose(kTarget, transport,
                  {.stage = ConnectStage::http, .http_status = status, .http_body = body});
}

struct Case {
  Diagnosis got;
  Layer layer;
  Ending ending;
  bool may_work_later;
  std::string hint;  // a part of it
};

void expect(const Case& wanted) {
  EXPECT_EQ(name_of(wanted.got.layer), name_of(wanted.layer)) << wanted.got.cause.message;
  EXPECT_EQ(wanted.got.cause.ending, wanted.ending) << wanted.got.cause.message;
  EXPECT_EQ(wanted.got.may_work_later, wanted.may_work_later) << wanted.got.cause.message;
  EXPECT_THAT(wanted.got.cause.hint, HasSubstr(wanted.hint));
}

TEST(Diagnosis, NamesTheLayerBelowHttpAndWhatToChangeThere) {
  const auto of = [](ConnectFailure failure) { return diagnose(kTarget, "websocket", failure); };
  expect({of({.stage = ConnectStage::dns}), Layer::dns, Ending::unreachable, true, "name"});
  expect({of({.stage = ConnectStage::tcp, .error_number = ECONNREFUSED}), Layer::tcp,
          Ending::unreachable, true, "on port 3000"});
  expect({of({.stage = ConnectStage::tcp, .error_number = EHOSTUNREACH}), Layer::tcp,
          Ending::unreachable, true, "no way to that address"});
  expect({of({.stage = ConnectStage::proxy, .proxy = net::ProxyProblem::forbidden}), Layer::proxy,
          Ending::unreachable, false, "no_proxy"});
  expect({of({.stage = ConnectStage::tls, .symptom = Symptom::untrusted}), Layer::tls,
          Ending::unreachable, false, "--cacert"});
  expect({of({.stage = ConnectStage::tls, .symptom = Symptom::expired}), Layer::tls,
          Ending::unreachable, false, "new certificate"});
  expect({of({.stage = ConnectStage::tls, .symptom = Symptom::speaks_plain}), Layer::tls,
          Ending::unreachable, false, "http://chat.example:3000"});
  expect({of({.stage = ConnectStage::http, .symptom = Symptom::speaks_tls}), Layer::http,
          Ending::unreachable, false, "https://chat.example:3000"});
  expect({of({.stage = ConnectStage::http, .symptom = Symptom::closed}), Layer::http,
          Ending::unreachable, true, "TLS"});
  expect({of({.stage = ConnectStage::http, .symptom = Symptom::not_http}), Layer::http,
          Ending::incompatible, false, "HTTP port"});
}

TEST(Diagnosis, TellsWhatATimeLimitWasSpentOn) {
  const auto of = [](ConnectStage stage) {
    return diagnose(kTarget, "websocket", {.stage = ConnectStage::timeout, .waited_in = stage});
  };
  expect({of(ConnectStage::dns), Layer::dns, Ending::unreachable, true, "name server"});
  expect({of(ConnectStage::tcp), Layer::tcp, Ending::unreachable, true, "firewall"});
  expect({of(ConnectStage::proxy), Layer::proxy, Ending::unreachable, true, "--proxy"});
  expect({of(ConnectStage::tls), Layer::tls, Ending::unreachable, true, "http://"});
  expect({of(ConnectStage::http), Layer::http, Ending::unreachable, true, "nothing answers"});
}

TEST(Diagnosis, KnowsASocketThatThisUserMayNotOpen) {
  const LinkTarget target{.endpoint = {.unix_path = "/run/sio.sock"}, .name = "unix:/run/sio.sock"};
  const auto of = [&](int number) {
    return diagnose(target, "websocket", {.stage = ConnectStage::tcp, .error_number = number});
  };
  expect({of(EACCES), Layer::tcp, Ending::unreachable, true, "mode and owner"});
  expect({of(ENOENT), Layer::tcp, Ending::unreachable, true, "sio serve unix:/run/sio.sock"});
}

TEST(Diagnosis, ReadsTheCodesOfEngineIo) {
  expect({of_http(400, R"({"code":0,"message":"Transport unknown"})"), Layer::polling,
          Ending::unreachable, false, "--transport websocket"});
  expect({of_http(400, R"({"code":0,"message":"Transport unknown"})", "websocket"),
          Layer::websocket, Ending::unreachable, false, "--transport polling"});
  expect({of_http(400, R"({"code":1,"message":"Session ID unknown"})"), Layer::polling,
          Ending::unreachable, true, "sticky"});
  expect({of_http(400, R"({"code":3,"message":"Bad request"})", "websocket"), Layer::websocket,
          Ending::unreachable, false, "Upgrade"});
  expect({of_http(403, R"({"code":4,"message":"Forbidden"})"), Layer::auth, Ending::refused, false,
          "allowRequest"});
  expect({of_http(400, R"({"code":5,"message":"Unsupported protocol version"})"), Layer::engine,
          Ending::incompatible, false, "v4"});
}

TEST(Diagnosis, ReadsTheWordsOfPythonEngineio) {
  expect({of_http(400, R"("Invalid transport")"), Layer::polling, Ending::unreachable, false,
          "--transport websocket"});
  expect({of_http(400, R"("Invalid session abc")"), Layer::polling, Ending::unreachable, true,
          "sticky"});
  expect({of_http(400, R"("The client is using an unsupported version of the Socket.IO or ...")"),
          Layer::engine, Ending::incompatible, false, "v4"});
}

TEST(Diagnosis, ReadsWhatOthersAnswer) {
  expect({of_http(401, ""), Layer::http, Ending::refused, false, "Authorization"});
  expect({of_http(404, ""), Layer::path, Ending::incompatible, false, "--path"});
  expect({of_http(200, "<!DOCTYPE HTML>"), Layer::path, Ending::incompatible, false, "--path"});
  expect({of_http(502, "<html>"), Layer::http, Ending::unreachable, true, "behind it"});
  expect({of_http(500, ""), Layer::http, Ending::unreachable, true, "log"});
  expect({of_http(429, ""), Layer::http, Ending::unreachable, true, "later"});
  expect({of_http(400, "<center>The plain HTTP request was sent to HTTPS port</center>"),
          Layer::http, Ending::unreachable, false, "https://chat.example:3000"});
  expect({of_http(200, R"(97:0{"sid":"a"}2:40)"), Layer::engine, Ending::incompatible, false,
          "v3 or later"});
}

TEST(Diagnosis, NamesTheAddressThatARedirectLeadsTo) {
  const auto of = [](std::string location) {
    return diagnose(kTarget, "polling",
                    {.stage = ConnectStage::http, .http_status = 301, .location = location});
  };
  expect({of("https://other.example/socket.io/?EIO=4"), Layer::http, Ending::unreachable, false,
          "-s https://other.example"});
  EXPECT_THAT(of("https://other.example/socket.io/").cause.hint, Not(HasSubstr("other.example/")));
  expect({of("/login"), Layer::http, Ending::unreachable, false, "login"});
  expect({of(""), Layer::http, Ending::unreachable, false, "not say where"});
  EXPECT_LT(of("http://" + std::string(100'000, 'x')).cause.message.size(), 1000U);
}

TEST(Diagnosis, TellsAnOrderlyCloseUponConnectFromALostConnection) {
  const auto of = [](std::string reason) {
    return diagnose_end_before_join(
        kTarget, {.cause = {.ending = Ending::lost, .message = std::move(reason)}});
  };
  expect({of("transport close"), Layer::ns, Ending::incompatible, true, "parser"});
  expect({of("transport error"), Layer::ns, Ending::unreachable, true, ""});
  expect({diagnose_end_before_join(
              kTarget, diagnose_session_refused({.code = 1, .message = ""}, "transport error")),
          Layer::polling, Ending::unreachable, true, "sticky"});
}

TEST(Diagnosis, TellsAMissingNamespaceFromARefusal) {
  expect({diagnose_connect_error(kTarget, "/a", "Invalid namespace"), Layer::ns, Ending::refused,
          false, "--ns"});
  expect({diagnose_connect_error(kTarget, "/a", "bad token"), Layer::auth, Ending::refused, false,
          "--auth"});
}

TEST(ConnectError, IsAnObjectOrAString) {
  EXPECT_EQ(parse_connect_error(R"({"message":"no","data":[1]})").message, "no");
  EXPECT_EQ(parse_connect_error(R"({"message":"no","data":[1]})").data, "[1]");
  EXPECT_EQ(parse_connect_error(R"("no")").message, "no");
  EXPECT_EQ(parse_connect_error("").message, "refused");
  EXPECT_EQ(parse_connect_error(R"({"message":7})").message, "refused");
}

}  // namespace
}  // namespace sio::client

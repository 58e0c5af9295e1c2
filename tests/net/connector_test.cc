// The client side over real sockets: against our own server, and against a peer in exact bytes.
#include "net/connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "raw_client.h"
#include "raw_server.h"
#include "support/certificate.h"
#include "test_server.h"

namespace sio::net {
namespace {

using test::Journal;
using test::LoopThread;
using test::RawServer;
using test::TestServer;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

Endpoint endpoint_of(const std::string& url) {
  if (url.starts_with("unix:")) return {.unix_path = url.substr(5)};
  const std::string where = url.substr(url.find("//") + 2);
  const std::size_t colon = where.rfind(':');
  return {.host = where.substr(0, colon),
          .port = static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1))),
          .tls = url.starts_with("https")};
}

// Writes down everything it is told.
class Client final : public WebSocketEvents, public HttpResponseEvents {
 public:
  explicit Client(Journal& journal) : journal_(journal) {}

  void on_open(Transport& opened) override {
    transport = &opened;
    journal_.note("open");
  }
  void on_message(MessageKind kind, std::string_view bytes) override {
    if (bytes.size() > 100) return journal_.note("large " + std::to_string(bytes.size()));
    journal_.note((kind == MessageKind::text ? "text " : "binary ") + std::string(bytes));
  }
  void on_drained() override { journal_.note("drained"); }
  void on_pong() override { journal_.note("pong"); }
  void on_closed(const TransportClosed& closed) override {
    transport = nullptr;
    close_code = closed.code;
    journal_.note("closed " + std::to_string(static_cast<int>(closed.reason)));
  }
  void on_failed(const ConnectFailure& why) override {
    failure = why;
    journal_.note("failed");
  }
  void on_response(HttpResponse got) override {
    response = std::move(got);
    journal_.note("response " + std::to_string(response.status));
  }

  Transport* transport = nullptr;
  ConnectFailure failure;
  std::uint16_t close_code = 0;
  HttpResponse response;

 private:
  Journal& journal_;
};

class ConnectorTest : public testing::Test {
 protected:
  ~ConnectorTest() override {
    thread_.call([this] {
      attempt_.reset();
      call_.reset();
      connector_.reset();
    });
  }
  void create(ConnectorOptions options = {}) {
    thread_.call([&] {
      attempt_.reset();
      connector_ = std::move(*Connector::create(thread_.loop(), options));
    });
  }
  void open(const Endpoint& endpoint, const std::string& target = "/ws", HttpHeaders headers = {}) {
    if (!connector_) create();
    thread_.call([&] {
      attempt_ = connector_->open_websocket(endpoint, target, std::move(headers), client_);
    });
  }
  void request(const Endpoint& endpoint, const std::string& method, const std::string& target,
               const std::string& body = "") {
    if (!connector_) create();
    thread_.call([&] {
      call_ = connector_->request(endpoint, method, target, {{"X-Own", "b"}}, body, client_);
    });
  }
  template <typename Task>
  void with_transport(Task task) {
    thread_.call([&] { task(*client_.transport); });
  }
  void send_text(std::string_view text) {
    with_transport([&](Transport& t) { t.send(thread_.loop().frames().text({text})); });
  }

  Journal journal_;
  LoopThread thread_{{.tls = true}};
  Client client_{journal_};
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<Connector::Attempt> attempt_;
  std::unique_ptr<HttpCall> call_;
};

// --- WebSocket

TEST_F(ConnectorTest, ExchangesMessagesWithAServer) {
  TestServer server(true, {.max_message = 10'000'000});
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("open"));
  send_text("hello");
  with_transport([&](Transport& t) { t.send(thread_.loop().frames().binary("bytes")); });
  send_text(std::string(3'000'000, 'x'));
  ASSERT_TRUE(journal_.wait_for("large 3000000"));
  EXPECT_THAT(journal_.lines(), ElementsAre("open", "text hello", "binary bytes", "large 3000000"));
}

TEST_F(ConnectorTest, SendsTheHeadersAndTheTargetItWasGiven) {
  RawServer server;
  open(endpoint_of(server.url()), "/socket.io/?EIO=4", {{"Authorization", "Bearer t"}});
  auto peer = server.accept();
  const std::string head = peer.read_until("\r\n\r\n");
  EXPECT_THAT(head, testing::StartsWith("GET /socket.io/?EIO=4 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: " + server.url().substr(7) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("Authorization: Bearer t\r\n"));
  EXPECT_THAT(head, HasSubstr("Upgrade: websocket\r\n"));
  EXPECT_THAT(head, testing::Not(HasSubstr("xtensions")));
}

TEST_F(ConnectorTest, MasksEveryFrameWithAKeyOfItsOwn) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.answer_upgrade();
  ASSERT_TRUE(journal_.wait_for("open"));
  with_transport([&](Transport& t) {
    t.send(thread_.loop().frames().text({"same"}));
    t.send(thread_.loop().frames().text({"same"}));
  });
  std::string first = peer.read_exactly(10), second = peer.read_exactly(10);
  EXPECT_NE(first, second);
  for (std::string* frame : {&first, &second}) {
    EXPECT_EQ(frame->substr(0, 2), "\x81\x84");
    MaskKey key;
    std::memcpy(key.bytes, frame->data() + 2, 4);
    apply_mask(frame->data() + 6, 4, key);
    EXPECT_EQ(frame->substr(6), "same");
  }
}

TEST_F(ConnectorTest, LearnsFromAPongThatEverythingArrived) {
  TestServer server(false);
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("open"));
  with_transport([](Transport& t) { EXPECT_TRUE(t.send_ping()); });
  EXPECT_TRUE(journal_.wait_for("pong"));
}

TEST_F(ConnectorTest, ClosesInGoodOrder) {
  TestServer server(true);
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("open"));
  with_transport([&](Transport& t) {
    t.send(thread_.loop().frames().text({"note last"}));
    t.close(0);
  });
  EXPECT_TRUE(journal_.wait_for("closed 0"));
  EXPECT_TRUE(server.journal().wait_for("note last"));
  EXPECT_TRUE(server.journal().wait_for("closed 0 remote 0"));
}

TEST_F(ConnectorTest, SeesTheAnswerToItsCloseThoughItDoesNotReadMore) {
  TestServer server(true);
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("open"));
  with_transport([&](Transport& t) {
    t.close(4001);
    t.pause_reading();
  });
  EXPECT_TRUE(journal_.wait_for("closed 0"));
  EXPECT_EQ(client_.close_code, 4001) << "it was closed because nothing came";
}

TEST_F(ConnectorTest, HearsTheServerClose) {
  TestServer server(true);
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("open"));
  send_text("close 4000");
  EXPECT_TRUE(journal_.wait_for("closed 1"));
  EXPECT_TRUE(server.journal().wait_for("closed 0 local 4000"));
}

TEST_F(ConnectorTest, NoticesAServerThatIsGone) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.answer_upgrade();
  ASSERT_TRUE(journal_.wait_for("open"));
  peer.send(test::server_frame(kOpcodeText, "bye"));
  peer.close();
  ASSERT_TRUE(journal_.wait_for("closed 2"));
  EXPECT_THAT(journal_.lines(), ElementsAre("open", "text bye", "closed 2"));
}

// A peer on libwebsockets answers only the first of several pings in one read.
TEST_F(ConnectorTest, HasOnePingOnItsWayAtATime) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.answer_upgrade();
  ASSERT_TRUE(journal_.wait_for("open"));
  with_transport([](Transport& t) {
    EXPECT_TRUE(t.send_ping());
    EXPECT_TRUE(t.send_ping());
    EXPECT_TRUE(t.send_ping());
  });
  const auto answer_ping = [&] {
    std::string ping = peer.read_exactly(10);
    MaskKey key;
    std::memcpy(key.bytes, ping.data() + 2, 4);
    apply_mask(ping.data() + 6, 4, key);
    peer.send(test::server_frame(kOpcodePong, ping.substr(6)));
  };
  answer_ping();
  answer_ping();
  peer.send(test::server_frame(kOpcodeText, "end"));
  ASSERT_TRUE(journal_.wait_for("text end"));
  EXPECT_THAT(journal_.lines(), ElementsAre("open", "pong", "pong", "pong", "text end"));
}

TEST_F(ConnectorTest, KeepsABacklogAndTellsWhenItHasDrained) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.answer_upgrade();
  ASSERT_TRUE(journal_.wait_for("open"));
  send_text(std::string(20'000'000, 'x'));
  thread_.call([&] {
    EXPECT_GT(client_.transport->backlog(), 1'000'000u);
    EXPECT_FALSE(client_.transport->writable());
    client_.transport->set_drain_mark(0);
  });
  peer.read_exactly(20'000'014);
  EXPECT_TRUE(journal_.wait_for("drained"));
}

TEST_F(ConnectorTest, ConnectsToAUnixSocket) {
  const std::string name = "unix:@sio-connector-" + std::to_string(::getpid());
  TestServer server(false, {}, name);
  open(endpoint_of(name));
  ASSERT_TRUE(journal_.wait_for("open"));
  send_text("hello");
  EXPECT_TRUE(journal_.wait_for("text hello"));
}

TEST_F(ConnectorTest, FindsLocalhostWhateverItListensOn) {
  TestServer server(false);
  Endpoint endpoint = endpoint_of(server.url());
  endpoint.host = "localhost";
  open(endpoint);
  EXPECT_TRUE(journal_.wait_for("open"));
}

// libwebsockets would use it for every connection.
TEST(ConnectorInAnEnvironment, DoesNotUseTheProxyThatItNames) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  Journal journal;
  Client client(journal);
  TestServer server(true);
  LoopThread thread({});
  std::unique_ptr<Connector> connector;
  std::unique_ptr<Connector::Attempt> attempt;
  thread.call([&] {
    connector = std::move(*Connector::create(thread.loop(), {}));
    attempt = connector->open_websocket(endpoint_of(server.url()), "/ws", {}, client);
  });
  ::unsetenv("http_proxy");
  EXPECT_TRUE(journal.wait_for("open"));
  thread.call([&] { connector.reset(); });
}

TEST_F(ConnectorTest, EndsItsTransportsWhenItGoes) {
  TestServer server(true);
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("open"));
  thread_.call([this] { connector_.reset(); });
  EXPECT_TRUE(server.journal().wait_for("closed 0 lost 0"));
  EXPECT_THAT(journal_.lines(), ElementsAre("open"));
}

// --- Ways to fail

TEST_F(ConnectorTest, NamesTheAddressThatRefuses) {
  std::string url;
  { url = RawServer().url(); }
  open(endpoint_of(url));
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::tcp);
  EXPECT_EQ(client_.failure.message, "connect " + url.substr(7) + ": Connection refused");
}

TEST_F(ConnectorTest, NamesTheUnixSocketThatIsNotThere) {
  open({.unix_path = "/nowhere/sio.sock"});
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.message, "connect unix:/nowhere/sio.sock: No such file or directory");
}

TEST_F(ConnectorTest, NamesTheHostThatIsNotFound) {
  open({.host = "no-such-host.invalid", .port = 80});
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::dns);
  EXPECT_THAT(client_.failure.message, HasSubstr("resolve no-such-host.invalid: "));
}

TEST_F(ConnectorTest, TellsTheStatusAndTheBodyOfARefusal) {
  TestServer server(false);
  open(endpoint_of(server.url()), "/no");
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::http);
  EXPECT_EQ(client_.failure.http_status, 403);
  EXPECT_EQ(client_.failure.http_body, "not you");
  EXPECT_THAT(client_.failure.message, HasSubstr("answered 403 Forbidden"));
}

TEST_F(ConnectorTest, TellsOfAPeerThatDoesNotSpeakHttp) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::http);
  EXPECT_THAT(client_.failure.message, HasSubstr("does not speak HTTP"));
}

TEST_F(ConnectorTest, KnowsThePeerThatAnswersByTls) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.send(std::string("\x15\x03\x01\x00\x02\x02\x46", 7));
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.symptom, Symptom::speaks_tls);
}

TEST_F(ConnectorTest, NamesWhereARedirectLeads) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.1 301 Moved\r\nLocation: https://h.example/x\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.http_status, 301);
  EXPECT_EQ(client_.failure.location, "https://h.example/x");
}

TEST_F(ConnectorTest, TellsWhichStageTookTooLong) {
  RawServer server;
  create({.connect_timeout = std::chrono::milliseconds(50)});
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::timeout);
  EXPECT_EQ(client_.failure.waited_in, ConnectStage::http);
}

TEST_F(ConnectorTest, TellsOfAPeerThatClosesWithoutAnAnswer) {
  RawServer server;
  open(endpoint_of(server.url()));
  server.accept().read_until("\r\n\r\n");
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::http);
  EXPECT_THAT(client_.failure.message, HasSubstr("closed the connection without an answer"));
}

TEST_F(ConnectorTest, DoesNotTakeAnotherProtocolForAWebSocket) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.read_until("\r\n\r\n");
  peer.send(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: wrong\r\n\r\n");
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_THAT(client_.failure.message, HasSubstr("wrong Sec-WebSocket-Accept"));
}

TEST_F(ConnectorTest, GivesUpOnAPeerThatSaysNothing) {
  create({.connect_timeout = std::chrono::milliseconds(50)});
  RawServer server;
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::timeout);
  EXPECT_THAT(client_.failure.message, HasSubstr("within 0.05s"));
}

TEST_F(ConnectorTest, TellsNobodyAfterAnAttemptWasGivenUp) {
  RawServer server;
  open(endpoint_of(server.url()));
  auto peer = server.accept();
  peer.read_until("\r\n\r\n");
  thread_.call([this] { attempt_.reset(); });
  EXPECT_EQ(peer.read_to_end(), "");
  thread_.call([] {});
  EXPECT_TRUE(journal_.lines().empty());
}

// --- TLS

class TlsConnectorTest : public ConnectorTest {
 protected:
  Endpoint endpoint(const std::string& host = "localhost") {
    Endpoint endpoint = endpoint_of(server_.url());
    endpoint.host = host;
    return endpoint;
  }
  test::Certificate certificate_;
  TestServer server_{
      true,
      {.max_message = 10'000'000,
       .tls = {.cert_file = certificate_.cert_file(), .key_file = certificate_.key_file()}}};
};

TEST_F(TlsConnectorTest, ExchangesMessagesOfAllSizes) {
  create({.tls = {.ca_file = certificate_.cert_file()}});
  open(endpoint());
  ASSERT_TRUE(journal_.wait_for("open"));
  send_text("hello");
  ASSERT_TRUE(journal_.wait_for("text hello"));
  for (const std::size_t size : {101u, 20'000u, 300'000u, 5'000'000u}) {
    send_text(std::string(size, 'x'));
    ASSERT_TRUE(journal_.wait_for("large " + std::to_string(size)));
  }
  with_transport([](Transport& t) { t.close(0); });
  EXPECT_TRUE(journal_.wait_for("closed 0"));
  EXPECT_TRUE(server_.journal().wait_for("closed 0 remote 0"));
}

TEST_F(TlsConnectorTest, CarriesRequests) {
  create({.tls = {.ca_file = certificate_.cert_file()}});
  request(endpoint("127.0.0.1"), "POST", "/p", std::string(500'000, 'b'));
  ASSERT_TRUE(journal_.wait_for("response 200"));
  EXPECT_EQ(client_.response.body, "size 500000");
}

TEST_F(TlsConnectorTest, RefusesAnUnknownCertificateAndSaysWhy) {
  open(endpoint());
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::tls);
  EXPECT_THAT(client_.failure.message,
              AllOf(HasSubstr("TLS with "), HasSubstr(": self-signed certificate (CN=localhost")));
  EXPECT_EQ(client_.failure.symptom, Symptom::untrusted);
}

TEST_F(TlsConnectorTest, RefusesTheCertificateOfAnotherHostAndSaysSo) {
  create({.tls = {.ca_file = certificate_.cert_file()}});
  open(endpoint(), "/ws", {{"Host", "other.example"}});  // the certificate is still for localhost
  ASSERT_TRUE(journal_.wait_for("open"));
  test::Certificate other("other.example");
  TestServer server(false, {.tls = {.cert_file = other.cert_file(), .key_file = other.key_file()}});
  create({.tls = {.ca_file = other.cert_file()}});
  open(endpoint_of(server.url()));
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::tls);
  EXPECT_THAT(client_.failure.message, HasSubstr("mismatch (it is for other.example)"));
  EXPECT_EQ(client_.failure.symptom, Symptom::wrong_name);
}

TEST_F(TlsConnectorTest, TellsAWatcherWhatEachStageHasMet) {
  struct Watcher final : ConnectWatcher {
    void on_stage_done(const StageDone& done) override { stages.push_back(done); }
    std::vector<StageDone> stages;
  } watcher;
  create({.tls = {.ca_file = certificate_.cert_file()}, .watcher = &watcher});
  request(endpoint(), "GET", "/a");
  ASSERT_TRUE(journal_.wait_for("response 200"));
  std::vector<StageDone> stages;
  thread_.call([&] { stages = watcher.stages; });
  ASSERT_EQ(stages.size(), 4U);
  EXPECT_EQ(stages[0].stage, ConnectStage::dns);
  EXPECT_THAT(stages[0].addresses, testing::Contains(HasSubstr("127.0.0.1:")));
  EXPECT_EQ(stages[1].stage, ConnectStage::tcp);
  EXPECT_THAT(stages[1].peer, HasSubstr(std::to_string(endpoint().port)));
  EXPECT_EQ(stages[2].stage, ConnectStage::tls);
  EXPECT_EQ(stages[2].tls.subject, "CN=localhost");
  EXPECT_EQ(stages[2].tls.names, "localhost, 127.0.0.1");
  EXPECT_THAT(stages[2].tls.version, HasSubstr("TLS"));
  EXPECT_EQ(stages[3].stage, ConnectStage::http);
  EXPECT_EQ(stages[3].http_status, 200);
}

TEST_F(TlsConnectorTest, ShowsItsOwnCertificateWhereOneIsWanted) {
  TestServer strict(true, {.tls = {.cert_file = certificate_.cert_file(),
                                   .key_file = certificate_.key_file(),
                                   .client_ca_file = certificate_.cert_file()}});
  create({.tls = {.insecure = true}});
  open(endpoint_of(strict.url()));
  ASSERT_TRUE(journal_.wait_for("failed"));
  create({.tls = {.cert_file = certificate_.cert_file(),
                  .key_file = certificate_.key_file(),
                  .insecure = true}});
  open(endpoint_of(strict.url()));
  EXPECT_TRUE(journal_.wait_for("open"));
}

TEST_F(TlsConnectorTest, AcceptsAnUnknownCertificateWhenToldTo) {
  create({.tls = {.insecure = true}});
  open(endpoint());
  EXPECT_TRUE(journal_.wait_for("open"));
}

TEST_F(TlsConnectorTest, TellsOfAServerWithoutTls) {
  TestServer plain(false);
  Endpoint endpoint = endpoint_of(plain.url());
  endpoint.tls = true;
  open(endpoint);
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::tls);
  EXPECT_EQ(client_.failure.symptom, Symptom::speaks_plain);
}

TEST_F(TlsConnectorTest, SaysWhichFileCannotBeRead) {
  thread_.call([this] {
    const auto result = Connector::create(thread_.loop(), {.tls = {.ca_file = "/nowhere/ca"}});
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("/nowhere/ca"));
  });
}

TEST_F(TlsConnectorTest, LeavesAClientAloneThatSpeaksPlainHttp) {
  test::RawClient plain("http://" + server_.url().substr(8));
  plain.send("GET / HTTP/1.1\r\n\r\n");
  plain.read_to_end();
  create({.tls = {.insecure = true}});
  open(endpoint());
  EXPECT_TRUE(journal_.wait_for("open"));
}

// --- Requests

TEST_F(ConnectorTest, AnswersARequestWithStatusHeadersAndBody) {
  TestServer server(false);
  request(endpoint_of(server.url()), "GET", "/a?b=c");
  ASSERT_TRUE(journal_.wait_for("response 200"));
  EXPECT_EQ(client_.response.body, "GET /a?b=c");
  EXPECT_THAT(client_.response.headers, testing::Contains(testing::Pair("etag", "test")));
}

TEST_F(ConnectorTest, SendsBodiesOfAllSizes) {
  TestServer server(true, {.max_body = 5'000'000});
  for (const std::size_t size : {1u, 70'000u, 4'000'000u}) {
    request(endpoint_of(server.url()), "POST", "/p", std::string(size, 'b'));
    ASSERT_TRUE(server.journal().wait_for("body " + std::to_string(size)));
  }
}

// libwebsockets would send the second only behind the answer to the first.
TEST_F(ConnectorTest, DoesNotHoldARequestUpBehindAnother) {
  TestServer server(true);
  Client second(journal_);
  request(endpoint_of(server.url()), "GET", "/hold");
  ASSERT_TRUE(server.journal().wait_for("GET /hold"));
  std::unique_ptr<HttpCall> call;
  thread_.call([&] {
    call = connector_->request(endpoint_of(server.url()), "POST", "/p", {}, "body", second);
  });
  EXPECT_TRUE(journal_.wait_for("response 200"));
  thread_.call([&] { call.reset(); });
}

TEST_F(ConnectorTest, JoinsTheChunksOfAnAnswer) {
  RawServer server;
  request(endpoint_of(server.url()), "GET", "/2");
  auto peer = server.accept();
  EXPECT_THAT(peer.read_until("\r\n\r\n"), testing::StartsWith("GET /2 "));
  peer.send("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
  peer.send("3\r\n of\r\n0\r\n\r\n");
  ASSERT_TRUE(journal_.wait_for("response 201"));
  EXPECT_EQ(client_.response.body, "hi of");
}

TEST_F(ConnectorTest, FailsWhenTheLastChunkIsMissing) {
  RawServer server;
  request(endpoint_of(server.url()), "GET", "/");
  auto peer = server.accept();
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
  peer.close();
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::http);
}

TEST_F(ConnectorTest, TakesABodyThatEndsWithTheConnection) {
  RawServer server;
  request(endpoint_of(server.url()), "GET", "/");
  auto peer = server.accept();
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.0 200 OK\r\n\r\nall of it");
  peer.close();
  ASSERT_TRUE(journal_.wait_for("response 200"));
  EXPECT_EQ(client_.response.body, "all of it");
}

TEST_F(ConnectorTest, FailsWhenAnAnswerIsCutOff) {
  RawServer server;
  request(endpoint_of(server.url()), "GET", "/");
  auto peer = server.accept();
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  peer.close();
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_EQ(client_.failure.stage, ConnectStage::http);
}

TEST_F(ConnectorTest, BoundsTheBodyOfAnAnswer) {
  create({.max_message = 1000});
  RawServer server;
  request(endpoint_of(server.url()), "GET", "/");
  auto peer = server.accept();
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
  ASSERT_TRUE(journal_.wait_for("failed"));
  EXPECT_THAT(client_.failure.message, HasSubstr("too large"));
}

TEST_F(ConnectorTest, WaitsForAnAnswerLongerThanForAConnection) {
  create({.connect_timeout = std::chrono::milliseconds(20)});
  TestServer server(true);
  request(endpoint_of(server.url()), "GET", "/hold");
  ASSERT_TRUE(server.journal().wait_for("GET /hold"));
  std::this_thread::sleep_for(std::chrono::milliseconds(60));  // the time itself is what is tested
  server.release();
  EXPECT_TRUE(journal_.wait_for("response 200"));
}

TEST_F(ConnectorTest, BreaksARequestThatWasGivenUp) {
  TestServer server(true);
  request(endpoint_of(server.url()), "GET", "/hold");
  ASSERT_TRUE(server.journal().wait_for("GET /hold"));
  thread_.call([this] { call_.reset(); });
  EXPECT_TRUE(server.journal().wait_for("aborted /hold"));
  EXPECT_TRUE(journal_.lines().empty());
}

}  // namespace
}  // namespace sio::net

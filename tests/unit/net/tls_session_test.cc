#include "net/tls_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "support/certificate.h"

namespace sio::net {
namespace {

using ::testing::HasSubstr;

class TlsSessionTest : public testing::Test {
 protected:
  TlsServerOptions server_options() const {
    return {.cert_file = certificate_.cert_file(), .key_file = certificate_.key_file()};
  }
  void connect(const TlsServerOptions& server, const TlsClientOptions& client,
               const std::string& host) {
    server_context_ = std::move(*TlsContext::server(server));
    client_context_ = std::move(*TlsContext::client(client));
    server_ = server_context_->accept();
    client_ = client_context_->connect(host);
    server_->start();
    client_->start();
    carry();
  }
  void carry() {
    while (!client_->output().empty() || !server_->output().empty()) {
      server_status_ = server_->receive(std::exchange(client_->output(), {}), at_server_);
      client_status_ = client_->receive(std::exchange(server_->output(), {}), at_client_);
      if (!server_status_ || !client_status_) return;
    }
  }

  test::Certificate certificate_;
  std::unique_ptr<TlsContext> server_context_, client_context_;
  std::unique_ptr<TlsSession> server_, client_;
  Status server_status_, client_status_;
  std::string at_server_, at_client_;
};

TEST_F(TlsSessionTest, CarriesBytesBothWays) {
  connect(server_options(), {.ca_file = certificate_.cert_file()}, "localhost");
  ASSERT_TRUE(client_->open() && server_->open());
  const std::string large(300'000, 'x');
  ASSERT_TRUE(client_->send("to the server"));
  ASSERT_TRUE(server_->send(large));
  carry();
  EXPECT_EQ(at_server_, "to the server");
  EXPECT_EQ(at_client_, large);
}

TEST_F(TlsSessionTest, AcceptsTheCertificatesAddress) {
  connect(server_options(), {.ca_file = certificate_.cert_file()}, "127.0.0.1");
  EXPECT_TRUE(client_->open());
}

TEST_F(TlsSessionTest, RefusesAnUnknownCertificateAndSaysSo) {
  connect(server_options(), {}, "localhost");
  ASSERT_FALSE(client_status_);
  EXPECT_THAT(client_status_.error().message, HasSubstr("self-signed certificate"));
  EXPECT_FALSE(client_->open());
}

TEST_F(TlsSessionTest, RefusesAnotherHostAndSaysSo) {
  connect(server_options(), {.ca_file = certificate_.cert_file()}, "example.org");
  ASSERT_FALSE(client_status_);
  EXPECT_THAT(client_status_.error().message, HasSubstr("hostname mismatch"));
}

TEST_F(TlsSessionTest, AcceptsAnythingWhenInsecure) {
  connect(server_options(), {.insecure = true}, "example.org");
  EXPECT_TRUE(client_->open());
}

TEST_F(TlsSessionTest, AsksForAClientCertificateWhereOneIsWanted) {
  TlsServerOptions server = server_options();
  server.client_ca_file = certificate_.cert_file();
  connect(server, {.ca_file = certificate_.cert_file()}, "localhost");
  EXPECT_FALSE(server_->open());
  connect(server,
          {.ca_file = certificate_.cert_file(),
           .cert_file = certificate_.cert_file(),
           .key_file = certificate_.key_file()},
          "localhost");
  EXPECT_TRUE(server_->open());
}

TEST_F(TlsSessionTest, NoticesThatThePeerHasFinished) {
  connect(server_options(), {.insecure = true}, "localhost");
  ASSERT_TRUE(client_->send("last words"));
  client_->finish();
  carry();
  EXPECT_EQ(at_server_, "last words");
  EXPECT_TRUE(server_->ended());
}

TEST_F(TlsSessionTest, FailsOnWhatIsNotTls) {
  connect(server_options(), {.insecure = true}, "localhost");
  auto fresh = server_context_->accept();
  EXPECT_FALSE(fresh->receive("GET / HTTP/1.1\r\n\r\n", at_server_));
}

TEST_F(TlsSessionTest, NamesTheFileThatCannotBeUsed) {
  const auto no_cert =
      TlsContext::server({.cert_file = "/nowhere/cert", .key_file = "/nowhere/key"});
  ASSERT_FALSE(no_cert);
  EXPECT_THAT(no_cert.error().message, HasSubstr("/nowhere/cert: No such file"));
  const auto no_ca = TlsContext::client({.ca_file = "/nowhere/ca"});
  ASSERT_FALSE(no_ca);
  EXPECT_THAT(no_ca.error().message, HasSubstr("/nowhere/ca"));
  const auto wrong_key = TlsContext::server(
      {.cert_file = certificate_.cert_file(), .key_file = certificate_.cert_file()});
  ASSERT_FALSE(wrong_key);
  EXPECT_THAT(wrong_key.error().message, HasSubstr("key"));
}

}  // namespace
}  // namespace sio::net

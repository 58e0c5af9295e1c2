#include "net/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/certificate.h"

namespace sio::net {
namespace {

using ::testing::HasSubstr;

TEST(TlsFiles, AreUsedWhenTheyFit) {
  const test::Certificate certificate;
  EXPECT_TRUE(check_server_files(
      {.cert_file = certificate.cert_file(), .key_file = certificate.key_file()}));
  EXPECT_TRUE(make_client_context({.ca_file = certificate.cert_file()}));
}

TEST(TlsFiles, AreNamedWhenTheyCannotBeRead) {
  const auto no_cert =
      check_server_files({.cert_file = "/nowhere/cert", .key_file = "/nowhere/key"});
  ASSERT_FALSE(no_cert);
  EXPECT_THAT(no_cert.error().message, HasSubstr("/nowhere/cert: No such file"));
  const auto no_ca = make_client_context({.ca_file = "/nowhere/ca"});
  ASSERT_FALSE(no_ca);
  EXPECT_THAT(no_ca.error().message, HasSubstr("/nowhere/ca"));
}

TEST(TlsFiles, AreRefusedWhenTheKeyIsNone) {
  const test::Certificate certificate;
  const auto wrong = check_server_files(
      {.cert_file = certificate.cert_file(), .key_file = certificate.cert_file()});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("key"));
}

TEST(TlsFiles, AreRefusedWhenTheKeyIsAnothers) {
  const test::Certificate certificate, other;
  const auto wrong =
      check_server_files({.cert_file = certificate.cert_file(), .key_file = other.key_file()});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("key"));
}

}  // namespace
}  // namespace sio::net

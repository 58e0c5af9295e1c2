#include "cli/connect_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace sio::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class ConnectOptionsTest : public testing::Test {
 protected:
  ConnectPlan plan() {
    auto plan = plan_connection(options_);
    EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().message);
    return plan ? std::move(*plan) : ConnectPlan{};
  }
  void expect_complaint(const std::string& part) {
    const auto plan = plan_connection(options_);
    ASSERT_FALSE(plan.has_value());
    EXPECT_THAT(plan.error().message, HasSubstr(part));
  }
  std::string write_file(const std::string& text) {
    const std::filesystem::path path =
        std::filesystem::path(testing::TempDir()) / "sio_connect_options_test";
    std::ofstream(path) << text;
    return path.string();
  }

  ConnectOptions options_;
};

TEST_F(ConnectOptionsTest, ConnectsToTheDefaultServer) {
  const ConnectPlan found = plan();
  EXPECT_EQ(found.client.target.endpoint.host, "127.0.0.1");
  EXPECT_EQ(found.client.target.endpoint.port, 3000);
  EXPECT_FALSE(found.tls);
  EXPECT_THAT(found.client.namespaces, ElementsAre("/"));
}

TEST_F(ConnectOptionsTest, TakesTheNamespaceFromTheUrlUnlessItIsNamed) {
  options_.server = "https://example.org/chat?token=a%20b";
  const ConnectPlan of_url = plan();
  EXPECT_TRUE(of_url.tls);
  EXPECT_THAT(of_url.client.namespaces, ElementsAre("/chat"));
  EXPECT_EQ(of_url.client.target.query, "token=a%20b");
  options_.namespaces = {"a", "/b", "a"};
  EXPECT_THAT(plan().client.namespaces, ElementsAre("/a", "/b"));
}

TEST_F(ConnectOptionsTest, NamesTheServerForPeople) {
  options_.server = "http://[::1]:8080";
  EXPECT_EQ(plan().client.target.name, "[::1]:8080");
  options_.server = "unix:/run/sio.sock";
  EXPECT_EQ(plan().client.target.name, "unix:/run/sio.sock");
  EXPECT_EQ(plan().client.target.endpoint.unix_path, "/run/sio.sock");
}

TEST_F(ConnectOptionsTest, PutsSlashesAroundThePath) {
  for (const char* path : {"live", "/live", "live/", "/live/"}) {
    options_.path = path;
    EXPECT_EQ(plan().client.target.path, "/live/") << path;
  }
}

TEST_F(ConnectOptionsTest, SaysWhichOptionIsWrong) {
  options_.path = "a b";
  expect_complaint("--path a b");
  options_.path = "/";
  options_.namespaces = {"a,b"};
  expect_complaint("--ns: namespace /a,b");
  options_.namespaces = {};
  options_.tls.cert_file = "x";
  expect_complaint("--cert and --key");
}

TEST_F(ConnectOptionsTest, SendsHeadersAsTheyAreTyped) {
  options_.headers = {"X-One: 1", "x-two:2", "Empty:"};
  CommandCredentials credentials(options_, {});
  const auto headers = credentials.headers();
  ASSERT_TRUE(headers.has_value());
  EXPECT_THAT(*headers, Contains(Pair("X-One", "1")));
  EXPECT_THAT(*headers, Contains(Pair("x-two", "2")));
  EXPECT_THAT(*headers, Contains(Pair("Empty", "")));
  EXPECT_THAT(*headers, Contains(Pair("User-Agent", HasSubstr("sio/"))));
}

TEST_F(ConnectOptionsTest, RefusesHeadersThatWouldBreakTheRequest) {
  for (const char* line : {"no colon", ": no name", "bad name: x", "X: a\r\nY: b", "X: \x7f"}) {
    options_.headers = {line};
    EXPECT_FALSE(CommandCredentials(options_, {}).headers().has_value()) << line;
  }
}

TEST_F(ConnectOptionsTest, ReadsHeadersOfAFileEachTime) {
  const std::string path = write_file("X-One: 1\r\n\nX-Two: 2");
  options_.headers = {"@" + path};
  CommandCredentials credentials(options_, {});
  EXPECT_THAT(*credentials.headers(), Contains(Pair("X-Two", "2")));
  write_file("X-Three: 3\n");
  EXPECT_THAT(*credentials.headers(), Contains(Pair("X-Three", "3")));
}

TEST_F(ConnectOptionsTest, TurnsTheUrlsUserIntoAHeader) {
  EXPECT_THAT(*CommandCredentials(options_, "me:secret").headers(),
              Contains(Pair("Authorization", "Basic bWU6c2VjcmV0")));
  options_.headers = {"authorization: Bearer x"};
  EXPECT_THAT(*CommandCredentials(options_, "me:secret").headers(),
              testing::Not(Contains(Pair("Authorization", testing::_))));
}

TEST_F(ConnectOptionsTest, SendsAnObjectAsAuth) {
  options_.auth = R"( {"token":"t"} )";
  EXPECT_EQ(CommandCredentials(options_, {}).auth(), R"({"token":"t"})");
  for (const char* text : {"[1]", "\"t\"", "{", "token"}) {
    options_.auth = text;
    EXPECT_FALSE(CommandCredentials(options_, {}).auth().has_value()) << text;
  }
}

TEST_F(ConnectOptionsTest, ReadsTheAuthOfAFileEachTime) {
  const std::string path = write_file("{\"token\":1}\n");
  options_.auth = "@" + path;
  CommandCredentials credentials(options_, {});
  EXPECT_EQ(credentials.auth(), "{\"token\":1}");
  write_file("{\"token\":2}\n");
  EXPECT_EQ(credentials.auth(), "{\"token\":2}");
  std::filesystem::remove(path);
  const auto missing = credentials.auth();
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("--auth: read " + path));
}

TEST_F(ConnectOptionsTest, AddsTheHeadersOfTheConfigFileThatWereNotTyped) {
  options_.headers = {"authorization: mine"};
  options_.more_headers = {"Authorization: profile's", "X-Team: shop"};
  const auto headers = CommandCredentials(options_, {}).headers();
  ASSERT_TRUE(headers.has_value());
  EXPECT_THAT(*headers, Contains(Pair("authorization", "mine")));
  EXPECT_THAT(*headers, testing::Not(Contains(Pair("Authorization", testing::_))));
  EXPECT_THAT(*headers, Contains(Pair("X-Team", "shop")));
}

}  // namespace
}  // namespace sio::cli

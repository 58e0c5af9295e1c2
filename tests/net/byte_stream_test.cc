// Plain connections of bytes, over real sockets.
#include "net/byte_stream.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>

#include "raw_server.h"

namespace sio::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ByteStreamTest : public testing::Test, public ByteStreamEvents {
 protected:
  void connect(const Endpoint& endpoint, Duration patience = 60s) {
    stream_ = ByteStream::connect(*loop_, endpoint, *this, patience);
    EXPECT_FALSE(opened_ || closed_) << "no event before it returns";
  }
  void on_open() override {
    opened_ = true;
    if (!to_send_.empty()) stream_->write(to_send_);
  }
  void on_bytes(std::string_view bytes) override {
    got_ += bytes;
    if (got_.size() >= enough_) loop_->stop();
  }
  void on_closed(const Error& why) override {
    closed_ = true;
    why_ = why.message;
    stream_.reset();
    loop_->stop();
  }
  static Endpoint endpoint_of(const sio::test::RawServer& server) {
    const std::size_t colon = server.url().rfind(':');
    return {.host = "127.0.0.1",
            .port = static_cast<std::uint16_t>(std::stoi(server.url().substr(colon + 1)))};
  }

  std::unique_ptr<Loop> loop_ = std::move(*Loop::create({.many_sockets = true}));
  std::unique_ptr<ByteStream> stream_;
  std::string to_send_;
  std::string got_;
  std::string why_;
  std::size_t enough_ = SIZE_MAX;
  bool opened_ = false;
  bool closed_ = false;
};

TEST_F(ByteStreamTest, CarriesBytesBothWays) {
  sio::test::RawServer server;
  to_send_ = std::string(3'000'000, 'x') + "\n";
  enough_ = 4;
  std::thread peer([&] {
    auto connection = server.accept();
    EXPECT_EQ(connection.read_until("\n").size(), to_send_.size());
    connection.send("pong");
    connection.read_to_end();
  });
  connect(endpoint_of(server));
  loop_->run();
  EXPECT_EQ(got_, "pong");
  EXPECT_EQ(stream_->backlog(), 0u);
  stream_.reset();
  peer.join();
}

TEST_F(ByteStreamTest, SaysThatThePeerHasClosed) {
  sio::test::RawServer server;
  std::thread peer([&] { server.accept().send("bye"); });
  connect(endpoint_of(server));
  loop_->run();
  peer.join();
  EXPECT_TRUE(opened_);
  EXPECT_EQ(got_, "bye");
  EXPECT_THAT(why_, HasSubstr("closed the connection"));
}

TEST_F(ByteStreamTest, SaysWhyItCannotConnect) {
  connect({.unix_path = "/nowhere/a.sock"});
  loop_->run();
  EXPECT_FALSE(opened_);
  EXPECT_EQ(why_, "connect unix:/nowhere/a.sock: No such file or directory");
}

TEST_F(ByteStreamTest, SaysThatAHostHasNoAddress) {
  connect({.host = "no.such.host.invalid", .port = 1});
  loop_->run();
  EXPECT_THAT(why_, HasSubstr("resolve no.such.host.invalid: "));
}

}  // namespace
}  // namespace sio::net

// A hub that remembers: records, groups and sessions, all in memory.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/packet_codec.h"
#include "server/hub.h"
#include "store/memory_store.h"
#include "unit/server/fakes.h"

namespace sio::server::test {

class MemoryFixture : public testing::Test {
 protected:
  struct To {
    std::vector<std::string_view> rooms;
    std::vector<std::string_view> except;
  };
  void emit(const std::string& event, const To& to = {}) {
    const std::string items = "\"" + event + "\"";
    hub_.publish({.ns = &hub_.open_namespace("/"),
                  .event = event,
                  .items = items,
                  .rooms = to.rooms,
                  .except = to.except});
    turn();
  }
  void emit_volatile(const std::string& event) {
    const std::string items = "\"" + event + "\"";
    hub_.publish(
        {.ns = &hub_.open_namespace("/"), .event = event, .items = items, .is_volatile = true});
    turn();
  }
  // A new socket, put where `hello` wants it.
  Socket& connect(FakeLink& link, std::string_view name, const proto::Hello& hello = {}) {
    const Status admitted = hub_.admit("/", hello);
    EXPECT_TRUE(admitted) << admitted.error().message;
    Socket& socket = hub_.connect(link, "/", sid_of(name), hello);
    hub_.start(socket, hello);
    turn();
    return socket;
  }
  // Turns until nobody waits.
  void turn() {
    hub_.end_turn();
    for (int seen = -1; seen != waker_.wakes;) {
      seen = waker_.wakes;
      hub_.serve_readers();
      hub_.end_turn();
    }
  }
  // The ack that `socket` gives.
  void acknowledge(Socket& socket, std::uint64_t ack_id, std::string_view args = {}) {
    proto::PacketDecoder decoder;
    const std::string text = "3" + std::to_string(ack_id) + "[" + std::string(args) + "]";
    const auto packet = decoder.decode(text);
    ASSERT_TRUE(packet);
    hub_.group_dispatch().on_ack(socket, *packet);
    turn();
  }
  void pass_time(std::int64_t ms) {
    clock_.wall += ms;
    turn();
  }

  net::FrameArena frames_;
  FakeClock clock_;
  store::MemoryStore store_{{.name = "k3f9"}};
  store::Groups groups_;
  Sessions sessions_{120'000};
  FakeWaker waker_;
  Hub hub_{frames_, &store_, clock_, waker_, {}, {.groups = &groups_, .sessions = &sessions_}};
};

}  // namespace sio::server::test

// What the server's tests put in the place of sockets, clocks and connections.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/transport.h"
#include "server/hub.h"
#include "server/link.h"

namespace sio::server::test {

class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(wall)); }
  std::int64_t wall_ms() const override { return wall; }
  std::int64_t wall = 1'000;
};

// Remembers what was sent; keeps it as backlog while it is stalled.
class FakeTransport final : public net::Transport {
 public:
  void send(const net::FrameRun& run) override {
    ++sends;
    std::size_t bytes = 0;
    for (const net::Frame& frame : run.frames) {
      sent.push_back((frame.binary ? "binary:" : "") + std::string(frame.payload()));
      bytes += frame.size;
    }
    EXPECT_EQ(bytes, run.bytes.size()) << "a run is its frames";
    if (stalled) waiting += run.bytes.size();
  }
  std::size_t backlog() const override { return waiting; }
  void set_drain_mark(std::size_t bytes) override { drain_mark = bytes; }
  bool writable() const override { return waiting == 0 && !unwritable; }
  void pause_reading() override { paused = true; }
  void resume_reading() override { paused = false; }
  void close(std::uint16_t) override { closed = true; }
  void abort() override { aborted = true; }
  void set_events(net::TransportEvents& its_events) override { events = &its_events; }
  std::string_view name() const override { return "websocket"; }

  std::vector<std::string> take() { return std::exchange(sent, {}); }

  std::vector<std::string> sent;
  std::size_t sends = 0;
  std::size_t waiting = 0;
  std::size_t drain_mark = 0;
  bool stalled = false;
  bool unwritable = false;
  bool paused = false;
  bool closed = false;
  bool aborted = false;
  net::TransportEvents* events = nullptr;
};

class FakeLink final : public Link {
 public:
  FakeLink() { transport_ = &wire; }
  void kick(std::string_view why) override { kicked = why; }
  void give_up(Socket& socket) override { given_up = socket.sid(); }
  void disconnect(Socket&) override {}
  void disconnect_all() override {}
  void pause_reading() override { wire.pause_reading(); }
  void resume_reading() override { wire.resume_reading(); }
  // The peer has taken everything.
  void drain(Hub& hub) {
    wire.waiting = 0;
    hub.on_drained(*this);
  }

  FakeTransport wire;
  std::string kicked;
  std::string given_up;
};

class FakeWaker final : public HubWaker {
 public:
  void wake() override { ++wakes; }
  void wake_at(TimePoint time) override { deadline = time; }
  int wakes = 0;
  TimePoint deadline = kNever;
};

// 20 characters, as sids are.
inline std::string sid_of(std::string_view name) {
  std::string sid(name);
  sid.resize(Socket::kSidSize, '.');
  return sid;
}

}  // namespace sio::server::test

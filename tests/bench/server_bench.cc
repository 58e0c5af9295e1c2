// The server's own work, without sockets: routing, encoding and storing events.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "proto/packet_codec.h"
#include "server/hub.h"
#include "server/pubsub_policy.h"
#include "server/rooms.h"
#include "store/memory_store.h"

namespace sio::server {
namespace {

class Nowhere final : public net::Transport {
 public:
  void send(const net::FrameRun& run) override { bytes += run.bytes.size(); }
  std::size_t backlog() const override { return 0; }
  void set_drain_mark(std::size_t) override {}
  bool writable() const override { return true; }
  void pause_reading() override {}
  void resume_reading() override {}
  void close(std::uint16_t) override {}
  void abort() override {}
  void set_events(net::TransportEvents&) override {}
  std::string_view name() const override { return "nowhere"; }
  std::size_t bytes = 0;
};

class BenchLink final : public Link {
 public:
  BenchLink() { transport_ = &nowhere_; }
  void kick(std::string_view) override {}
  void give_up(Socket&) override {}
  void disconnect(Socket&) override {}
  void disconnect_all() override {}
  void pause_reading() override {}
  void resume_reading() override {}

 private:
  Nowhere nowhere_;
};

class NoWaker final : public HubWaker {
  void wake() override {}
  void wake_at(TimePoint) override {}
};

std::string sid_of(int number) {
  std::string sid = std::to_string(number);
  sid.resize(Socket::kSidSize, '.');
  return sid;
}

// A hub with `readers` sockets besides the one that publishes.
struct World {
  explicit World(int readers, const proto::Hello& hello = {}) {
    links.resize(static_cast<std::size_t>(readers) + 1);
    for (int i = 0; i <= readers; ++i) {
      auto& link = links[static_cast<std::size_t>(i)];
      link = std::make_unique<BenchLink>();
      sockets.push_back(&hub.connect(*link, "/", sid_of(i), i == 0 ? proto::Hello() : hello));
    }
    policy.set_hub(hub);
  }

  void end_turn() {
    hub.end_turn();
    frames.reset();
  }

  SystemClock clock;
  net::FrameArena frames;
  store::MemoryStore store;
  NoWaker waker;
  Hub hub{frames, &store, clock, waker};
  PubSubPolicy policy{{}};
  std::vector<std::unique_ptr<BenchLink>> links;
  std::vector<Socket*> sockets;
};

const std::string kPacket = "2[\"m\",{\"n\":1234567,\"pad\":\"" + std::string(100, 'x') + "\"}]";
constexpr int kEventsPerTurn = 1000;

void publish_turn(World& world, proto::PacketDecoder& decoder) {
  for (int i = 0; i < kEventsPerTurn; ++i)
    world.policy.on_event(*world.sockets[0], *decoder.decode(kPacket), nullptr);
  world.end_turn();
}

// Decode, route, frame, store, hand to N readers.
void FanOut(benchmark::State& state) {
  World world(static_cast<int>(state.range(0)));
  proto::PacketDecoder decoder;
  for (auto _ : state) publish_turn(world, decoder);
  state.SetItemsProcessed(state.iterations() * kEventsPerTurn);
  state.counters["deliveries"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kEventsPerTurn * state.range(0)),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(FanOut)->Arg(1)->Arg(100)->Arg(1000);

// The same to readers that want metadata, and to some that filter.
void FanOutWithMeta(benchmark::State& state) {
  World world(static_cast<int>(state.range(0)), {.meta = true});
  proto::PacketDecoder decoder;
  for (auto _ : state) publish_turn(world, decoder);
  state.SetItemsProcessed(state.iterations() * kEventsPerTurn);
}
BENCHMARK(FanOutWithMeta)->Arg(1)->Arg(100);

void FanOutFiltered(benchmark::State& state) {
  World world(100, {.events = {"order.*", "m"}});
  proto::PacketDecoder decoder;
  for (auto _ : state) publish_turn(world, decoder);
  state.SetItemsProcessed(state.iterations() * kEventsPerTurn);
}
BENCHMARK(FanOutFiltered);

// Events of many publishers that listen to nothing, as `sio emit` does, to the one who listens.
void AmongPublishers(benchmark::State& state) {
  const auto publishers = static_cast<std::size_t>(state.range(0));
  World world(static_cast<int>(publishers), {.events = {""}});
  proto::PacketDecoder decoder;
  std::size_t turn = 0;
  for (auto _ : state) {
    for (int i = 0; i < kEventsPerTurn; ++i)
      world.policy.on_event(*world.sockets[1 + ++turn % publishers], *decoder.decode(kPacket),
                            nullptr);
    world.end_turn();
  }
  state.SetItemsProcessed(state.iterations() * kEventsPerTurn);
}
BENCHMARK(AmongPublishers)->Arg(1)->Arg(100)->Arg(5000);

// One event in a turn: what a lone message costs.
void OneEventATurn(benchmark::State& state) {
  World world(static_cast<int>(state.range(0)));
  proto::PacketDecoder decoder;
  for (auto _ : state) {
    world.policy.on_event(*world.sockets[0], *decoder.decode(kPacket), nullptr);
    world.end_turn();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(OneEventATurn)->Arg(1)->Arg(100);

// Events to the union of three rooms of a hundred members, with an exception.
void ToRooms(benchmark::State& state) {
  World world(1000);
  for (std::size_t i = 1; i <= 1000; ++i)
    static_cast<void>(world.hub.join(*world.sockets[i], "room" + std::to_string(i % 10)));
  const std::vector<std::string_view> rooms{"room1", "room2", "room3"};
  const std::vector<std::string_view> except{"room4"};
  for (auto _ : state) {
    world.hub.publish({.ns = &world.sockets[0]->ns,
                       .sender = world.sockets[0],
                       .event = "e",
                       .items = "\"e\"",
                       .rooms = rooms,
                       .except = except});
    world.end_turn();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ToRooms);

void JoinAndLeave(benchmark::State& state) {
  World world(1000);
  for (std::size_t i = 1; i <= 1000; ++i)
    static_cast<void>(world.hub.join(*world.sockets[i], "room"));
  for (auto _ : state) {
    static_cast<void>(world.hub.join(*world.sockets[0], "room"));
    world.hub.leave(*world.sockets[0], "room");
  }
  state.SetItemsProcessed(state.iterations() * 2);
}
BENCHMARK(JoinAndLeave);

}  // namespace
}  // namespace sio::server

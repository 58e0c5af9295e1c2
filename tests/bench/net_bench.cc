// How many frames a second the loop takes in, sends out and passes on, to one client and to a
// thousand. The server has a thread, the benchmark's own thread is the generator: on two cores, one
// each. Frames of 150 bytes, in batches of 256.
//
// Figures of the loop itself, without Socket.IO: the ceiling for what is built on it.
#include <benchmark/benchmark.h>
#include <sys/epoll.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "net/loop_thread.h"
#include "net/raw_client.h"

namespace sio::net {
namespace {

constexpr std::size_t kPayload = 146;  // 150 bytes with the header
constexpr int kBatch = 256;

// Passes what the first client says on to all; or swallows it, and answers the last of a batch.
class Relay final : public HttpHandler {
 public:
  explicit Relay(test::LoopThread& thread, bool swallow) : thread_(thread), swallow_(swallow) {}

 private:
  struct Socket final : TransportEvents {
    explicit Socket(Relay& relay) : relay_(relay) {}
    void on_open(Transport& transport) override {
      transport_ = &transport;
      relay_.sockets_.push_back(&transport);
    }
    void on_message(MessageKind, std::string_view bytes) override {
      FrameArena& frames = relay_.thread_.loop().frames();
      if (relay_.swallow_) {
        if (bytes[0] == 'L') transport_->send(frames.text({"ok"}));
        return;
      }
      const Frame frame = frames.text({bytes});
      for (Transport* socket : relay_.sockets_) socket->send(frame);
    }
    void on_drained() override {}
    void on_closed(const TransportClosed&) override {
      std::erase(relay_.sockets_, transport_);
      delete this;
    }
    Relay& relay_;
    Transport* transport_ = nullptr;
  };

  void on_request(HttpExchange& exchange) override { exchange.respond({.status = 404}); }
  UpgradeAnswer on_upgrade(const HttpRequest&) override {
    return UpgradeAccept{new Socket(*this), {}};
  }

  test::LoopThread& thread_;
  bool swallow_;
  std::vector<Transport*> sockets_;
};

class World {
 public:
  World(int clients, bool swallow) : relay_(thread_, swallow) {
    std::string url;
    thread_.call([&] {
      server_ = std::move(*HttpServer::create(thread_.loop(), relay_, {}));
      url = *server_->listen(ListenAddress{});
    });
    for (int i = 0; i < clients; ++i) {
      clients_.push_back(std::make_unique<test::RawClient>(url));
      clients_.back()->upgrade();
      epoll_event event{.events = EPOLLIN, .data = {.fd = clients_.back()->fd()}};
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event.data.fd, &event);
    }
  }
  ~World() {
    thread_.call([this] { server_.reset(); });
  }

  test::RawClient& first() { return *clients_.front(); }
  // Reads from all clients until `size` bytes have come in total.
  void read_everywhere(std::size_t size) {
    static char buffer[1 << 20];
    epoll_event ready[256];
    for (std::size_t got = 0; got < size;) {
      const int n = ::epoll_wait(epoll_.get(), ready, 256, -1);
      for (int i = 0; i < n; ++i) {
        const ssize_t part = ::recv(ready[i].data.fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (part > 0) got += static_cast<std::size_t>(part);
      }
    }
  }

 private:
  test::LoopThread thread_{{.many_sockets = true}};
  Relay relay_;
  std::unique_ptr<HttpServer> server_;
  std::vector<std::unique_ptr<test::RawClient>> clients_;
  UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
};

std::string make_batch() {
  std::string batch;
  for (int i = 1; i <= kBatch; ++i)
    batch += test::masked_frame(kOpcodeText, std::string(kPayload, i == kBatch ? 'L' : 'x'));
  return batch;
}

void count(benchmark::State& state, std::int64_t frames) {
  state.SetItemsProcessed(state.iterations() * frames);
}

// Frames of one client in, nothing out: reading, unmasking, handing over.
void BM_Receive(benchmark::State& state) {
  World world(1, true);
  std::string batches;
  for (int i = 0; i < 16; ++i) batches += make_batch();
  for (auto _ : state) {
    world.first().send(batches);
    world.read_everywhere(16 * 4);
  }
  count(state, 16 * kBatch);
}
BENCHMARK(BM_Receive)->UseRealTime();

// Each frame of one client to all of them, itself included.
void BM_Relay(benchmark::State& state) {
  const auto clients = static_cast<int>(state.range(0));
  World world(clients, false);
  const std::string batch = make_batch();
  const std::size_t frame_size = test::server_frame(kOpcodeText, std::string(kPayload, 'x')).size();
  for (auto _ : state) {
    world.first().send(batch);
    world.read_everywhere(frame_size * kBatch * static_cast<std::size_t>(clients));
  }
  count(state, static_cast<std::int64_t>(kBatch) * clients);
}
BENCHMARK(BM_Relay)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();

// One frame there and back, the next only then: system calls and wake-ups.
void BM_Echo(benchmark::State& state) {
  World world(static_cast<int>(state.range(0)), true);
  const std::string frame = test::masked_frame(kOpcodeText, "L");
  for (auto _ : state) {
    world.first().send(frame);
    world.first().read_exactly(4);
  }
  count(state, 1);
}
BENCHMARK(BM_Echo)->Arg(1)->Arg(1000)->UseRealTime();

}  // namespace
}  // namespace sio::net

// How fast the stores append and read records of about 150 bytes. Rates are records a second.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "store/memory_store.h"

namespace sio::store {
namespace {

constexpr std::size_t kBatch = 256;

std::vector<NewRecord> make_batch(const std::string& body) {
  return std::vector<NewRecord>(kBatch, {.time_ms = 1'769'868'306'123,
                                         .ns = "/",
                                         .event = "message",
                                         .body_head = "01234567890123456789",
                                         .body_tail = body});
}

class Counter final : public Visitor {
 public:
  bool on_record(const Record& record) override {
    bytes += record.body.size();
    return true;
  }
  std::size_t bytes = 0;
};

void MemoryAppend(benchmark::State& state) {
  MemoryStore store;
  const std::string body(128, 'x');
  const std::vector<NewRecord> batch = make_batch(body);
  for (auto _ : state) benchmark::DoNotOptimize(store.append(batch));
  state.SetItemsProcessed(state.iterations() * std::int64_t{kBatch});
}
BENCHMARK(MemoryAppend);

void MemoryAppendWithKeys(benchmark::State& state) {
  MemoryStore store;
  const std::string body(128, 'x');
  std::vector<NewRecord> batch = make_batch(body);
  std::vector<std::string> keys(kBatch, "0123456789abcdefghij");
  std::uint64_t count = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      keys[i].replace(0, 8, reinterpret_cast<const char*>(&++count), 8);
      batch[i].key = keys[i];
    }
    benchmark::DoNotOptimize(store.append(batch));
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{kBatch});
}
BENCHMARK(MemoryAppendWithKeys);

void MemoryRead(benchmark::State& state) {
  MemoryStore store;
  const std::string body(128, 'x');
  const std::vector<NewRecord> batch = make_batch(body);
  for (int i = 0; i < 1000; ++i) benchmark::DoNotOptimize(store.append(batch));
  Counter counter;
  for (auto _ : state) {
    benchmark::DoNotOptimize(store.read(1, {.ns = "/", .all_rooms = true}, 1u << 30, counter));
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{1000 * kBatch});
}
BENCHMARK(MemoryRead);

}  // namespace
}  // namespace sio::store

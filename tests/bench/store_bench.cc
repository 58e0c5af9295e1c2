// How fast the stores append and read records of about 150 bytes. Rates are records a second.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/posix_fs.h"
#include "store/file_journal.h"
#include "store/file_store.h"
#include "store/groups.h"
#include "store/memory_store.h"
#include "store/redis_store.h"
#include "support/queue_executor.h"
#include "support/redis_server.h"

namespace sio::store {
namespace {

using sio::test::QueueExecutor;

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

// A queue in a directory of its own on the machine's disk ($TMPDIR, else /tmp).
class DiskQueue {
 public:
  explicit DiskQueue(FileStoreOptions options = {}) : options_(std::move(options)) {
    const char* const base = std::getenv("TMPDIR");
    std::string pattern = std::string(base != nullptr ? base : "/tmp") + "/store-bench-XXXXXX";
    options_.directory = mkdtemp(pattern.data());
    open();
  }
  ~DiskQueue() {
    store.reset();
    std::filesystem::remove_all(options_.directory);
  }
  DiskQueue(const DiskQueue&) = delete;
  DiskQueue& operator=(const DiskQueue&) = delete;

  void open() {
    store.reset();
    store = std::move(*FileStore::open(fs_, &executor, options_));
  }

  const std::string& directory() const { return options_.directory; }

  QueueExecutor executor;
  std::unique_ptr<FileStore> store;

 private:
  PosixFs fs_;
  FileStoreOptions options_;
};

// Appends in batches with at most `window` records that are not durable yet, as publishers do who
// wait for acks.
void FileAppendDurable(benchmark::State& state) {
  DiskQueue queue;
  const auto window = static_cast<Seq>(state.range(0));
  const std::string body(128, 'x');
  std::vector<NewRecord> batch = make_batch(body);
  batch.resize(std::min<std::size_t>(kBatch, window));
  for (auto _ : state) {
    const Seq last = *queue.store->append(batch) + batch.size() - 1;
    queue.executor.run_until([&] { return queue.store->durable() + window > last; });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
}
BENCHMARK(FileAppendDurable)->Arg(1)->Arg(64)->Arg(4096)->Arg(65536)->UseRealTime();

void FileRead(benchmark::State& state) {
  DiskQueue queue({.cache_bytes = 0});
  const std::string body(128, 'x');
  const std::vector<NewRecord> batch = make_batch(body);
  for (int i = 0; i < 4000; ++i) {
    benchmark::DoNotOptimize(queue.store->append(batch));
    if (i % 100 == 0) benchmark::DoNotOptimize(queue.store->sync());
  }
  benchmark::DoNotOptimize(queue.store->sync());
  Counter counter;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        queue.store->read(1, {.ns = "/", .all_rooms = true}, 1u << 30, counter));
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{4000 * kBatch});
}
BENCHMARK(FileRead)->UseRealTime()->Unit(benchmark::kMillisecond);

// A reader who catches up a thousand records at a time.
void FileReadInSteps(benchmark::State& state) {
  DiskQueue queue({.cache_bytes = 0});
  const std::string body(128, 'x');
  const std::vector<NewRecord> batch = make_batch(body);
  for (int i = 0; i < 1000; ++i) benchmark::DoNotOptimize(queue.store->append(batch));
  benchmark::DoNotOptimize(queue.store->sync());
  Counter counter;
  Seq from = 1;
  for (auto _ : state) {
    from = *queue.store->read(from, {.ns = "/", .all_rooms = true}, 1000, counter);
    if (from == queue.store->bounds().next) from = 1;
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(FileReadInSteps)->UseRealTime();

// A queue in a Redis server of its own, on a unix socket; its data is on the machine's disk.
struct RedisQueue {
  explicit RedisQueue(const std::string& sync)
      : server({"--appendonly", "yes", "--appendfsync", sync}),
        store(std::move(*RedisStore::open(executor, {.url = server.url(), .cache_bytes = 0}))) {}

  sio::test::RedisServer server;
  QueueExecutor executor;
  std::unique_ptr<RedisStore> store;
};

void append_durable(benchmark::State& state, const std::string& sync) {
  RedisQueue queue(sync);
  const auto window = static_cast<Seq>(state.range(0));
  const std::string body(128, 'x');
  std::vector<NewRecord> batch = make_batch(body);
  batch.resize(std::min<std::size_t>(kBatch, window));
  for (auto _ : state) {
    const Seq last = *queue.store->append(batch) + batch.size() - 1;
    queue.executor.run_until([&] { return queue.store->durable() + window > last; });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
}
void RedisAppendDurable(benchmark::State& state) {
  append_durable(state, "always");
}
BENCHMARK(RedisAppendDurable)->Arg(1)->Arg(64)->Arg(4096)->Arg(65536)->UseRealTime();
void RedisAppendEverySecond(benchmark::State& state) {
  append_durable(state, "everysec");
}
BENCHMARK(RedisAppendEverySecond)->Arg(1)->Arg(65536)->UseRealTime();

void RedisRead(benchmark::State& state) {
  RedisQueue queue("no");
  const std::string body(128, 'x');
  const std::vector<NewRecord> batch = make_batch(body);
  for (int i = 0; i < 1000; ++i) {
    benchmark::DoNotOptimize(queue.store->append(batch));
    if (i % 100 == 0) benchmark::DoNotOptimize(queue.store->sync());
  }
  benchmark::DoNotOptimize(queue.store->sync());
  Counter counter;
  const Filter filter{.ns = "/", .all_rooms = true};
  for (auto _ : state)
    for (Seq from = 1; from < queue.store->bounds().next;)
      from = *queue.store->read(from, filter, 1u << 30, counter);
  state.SetItemsProcessed(state.iterations() * std::int64_t{1000 * kBatch});
}
BENCHMARK(RedisRead)->UseRealTime()->Unit(benchmark::kMillisecond);

// A million records, each with a dedupe key, and no orderly end.
void FileOpenAfterKill(benchmark::State& state) {
  DiskQueue queue;
  const std::string body(128, 'x');
  std::vector<NewRecord> batch = make_batch(body);
  std::vector<std::string> keys(kBatch, "0123456789abcdefghij");
  std::uint64_t count = 0;
  for (int i = 0; i < 3906; ++i) {
    for (std::size_t k = 0; k < kBatch; ++k) {
      keys[k].replace(0, 8, reinterpret_cast<const char*>(&++count), 8);
      batch[k].key = keys[k];
    }
    benchmark::DoNotOptimize(queue.store->append(batch));
    if (i % 100 == 0) benchmark::DoNotOptimize(queue.store->sync());
  }
  for (auto _ : state) queue.open();
}
BENCHMARK(FileOpenAfterKill)->UseRealTime()->Unit(benchmark::kMillisecond);

// A group that hands out 64 records a turn, each acknowledged 1024 records later; its journal is on
// disk.
void GroupsHandOutAndAcknowledge(benchmark::State& state) {
  DiskQueue queue;
  PosixFs fs;
  FileJournals journals(fs, queue.store.get(), queue.directory(), queue.store->seed());
  auto groups = *Groups::open(journals);
  benchmark::DoNotOptimize(groups->create("g", {}, 1));
  const SystemClock clock;
  Seq next = 1;
  for (auto _ : state) {
    const TimePoint now = clock.now();
    for (int i = 0; i < 64; ++i, ++next) {
      groups->hand_out("g", next, 1, now);
      if (next > 1024) groups->acknowledge("g", next - 1024);
    }
    benchmark::DoNotOptimize(groups->flush(now));
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(GroupsHandOutAndAcknowledge)->UseRealTime();

}  // namespace
}  // namespace sio::store

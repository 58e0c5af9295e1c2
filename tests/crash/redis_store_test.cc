// The store in Redis while Redis or the store itself is killed, restarted, robbed of its data, full
// or frozen. Everything runs against a real redis-server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "store/groups.h"
#include "store/redis_store.h"
#include "support/queue_executor.h"
#include "support/records.h"
#include "support/redis_server.h"

namespace sio::store {
namespace {

using namespace sio::test;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr TimePoint kStart{std::chrono::seconds(1000)};
// So long that a loaded machine does not lose it.
constexpr std::chrono::milliseconds kLongPatience{60'000};
constexpr std::chrono::milliseconds kShortPatience{300};

// Remembers what it is told.
class Listener final : public DurabilityListener {
 public:
  void on_durable(Seq seq) override { durable = seq; }
  void on_failed(Seq seq, const Error& error) override {
    failed_after = seq;
    failure = error;
  }
  Seq durable = 0;
  std::optional<Seq> failed_after;
  std::optional<Error> failure;
};

class RedisStoreTest : public testing::Test {
 protected:
  RedisStoreOptions options() const { return {.url = server_.url(), .patience = patience_}; }
  Result<std::unique_ptr<RedisStore>> try_open() { return RedisStore::open(executor_, options()); }
  void open() {
    auto opened = try_open();
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    store_->set_durability_listener(&listener_);
  }
  // As kill -9 would: nothing is finished, the lock stays.
  void die() {
    store_.reset();
    server_.call({"DEL", "sio:lock"});
  }
  void reopen() {
    ASSERT_TRUE(store_->close());
    store_.reset();
    open();
  }
  void append_and_settle(const std::vector<std::string>& bodies) {
    ASSERT_TRUE(append_bodies(*store_, bodies));
    ASSERT_TRUE(store_->sync());
  }
  // Until an append goes through again.
  void append_patiently(const std::string& body) {
    while (!append_bodies(*store_, {body}))
      executor_.run_until([this, told = 0]() mutable { return told++ > 0 || !store_; });
  }
  std::string refusal() {
    auto opened = try_open();
    EXPECT_FALSE(opened);
    return opened ? "" : opened.error().message;
  }

  RedisServer server_;
  QueueExecutor executor_;
  Listener listener_;
  std::chrono::milliseconds patience_ = kLongPatience;
  std::unique_ptr<RedisStore> store_;
};

TEST_F(RedisStoreTest, GoesOnWhereItStopped) {
  open();
  const std::string name(store_->name());
  const Seq first = *append(*store_, {{.body = "one", .rooms = {"a", "b"}, .key = "k1"}});
  append_and_settle({"two"});
  reopen();
  EXPECT_EQ(std::string(store_->name()), name);
  EXPECT_EQ(store_->bounds().first, first);
  EXPECT_EQ(store_->bounds().next, first + 2);
  EXPECT_EQ(store_->durable(), first + 1);
  EXPECT_EQ(store_->find_key("k1", 1'000), first);
  const Collector found = read_all(*store_);
  EXPECT_THAT(found.bodies(), ElementsAre("one", "two"));
  EXPECT_THAT(found.records[0].rooms, ElementsAre("a", "b"));
  EXPECT_EQ(*append_bodies(*store_, {"three"}), first + 2);
  EXPECT_THAT(bodies_of(*store_), ElementsAre("one", "two", "three"));
}

TEST_F(RedisStoreTest, PassesOverNumbersThatItMayHaveGivenOut) {
  open();
  append_and_settle({"one"});
  die();
  open();
  const Seq next = store_->bounds().next;
  EXPECT_GT(next, 2u);
  append_and_settle({"two"});
  const Collector found = read_all(*store_);
  EXPECT_THAT(found.bodies(), ElementsAre("one", "two"));
  EXPECT_THAT(found.seqs, ElementsAre(1u, next));
  EXPECT_THAT(found.gaps, IsEmpty());
}

TEST_F(RedisStoreTest, RefusesTheNumbersOfWhoHadItBefore) {
  open();
  append_and_settle({"one"});
  die();
  open();
  auto connection = *RedisConnection::open(server_.url(), 5s);
  const auto late = connection->call({"XADD", "sio:events", "2-0", "from", "the dead"}, 5s);
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("equal or smaller"));
}

TEST_F(RedisStoreTest, JumpsFurtherWhenRedisMayHaveLostWhatItHad) {
  RedisServer forgetful({"--appendonly", "yes", "--appendfsync", "everysec"});
  RedisStoreOptions options{.url = forgetful.url()};
  auto store = *RedisStore::open(executor_, options);
  ASSERT_TRUE(append_bodies(*store, {"one"}));
  ASSERT_TRUE(store->close());
  forgetful.stop();
  forgetful.start();
  store = *RedisStore::open(executor_, options);
  EXPECT_GT(store->bounds().next, 1'000'000u);
  EXPECT_THAT(bodies_of(*store), ElementsAre("one"));
}

TEST_F(RedisStoreTest, HasOneWriterAtATime) {
  open();
  EXPECT_THAT(refusal(), HasSubstr("in use by process " + std::to_string(getpid())));
  ASSERT_TRUE(store_->close());
  store_.reset();
  EXPECT_TRUE(try_open());
}

TEST_F(RedisStoreTest, TakesOverFromAProcessThatIsDead) {
  const pid_t child = fork();
  if (child == 0) {
    QueueExecutor executor;
    auto store = RedisStore::open(executor, options());
    _exit(store ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  open();
}

TEST_F(RedisStoreTest, IsDeposedWhenAnotherHasTakenTheQueue) {
  patience_ = kShortPatience;
  open();
  append_and_settle({"one"});
  server_.call({"DEL", "sio:lock"});
  auto other = *RedisStore::open(executor_, options());
  ASSERT_TRUE(append_bodies(*store_, {"mine"}));
  executor_.run_until([this] { return listener_.failed_after.has_value(); });
  EXPECT_EQ(listener_.failed_after, 1u);
  EXPECT_THAT(listener_.failure->message, HasSubstr("has taken the queue over"));
  EXPECT_FALSE(append_bodies(*store_, {"mine again"}));
  ASSERT_TRUE(append_bodies(*other, {"theirs"}));
  ASSERT_TRUE(other->sync());
  EXPECT_THAT(bodies_of(*other), ElementsAre("one", "theirs"));
}

TEST_F(RedisStoreTest, ReadsAndSearchesWhatIsInRedisOnly) {
  open();
  std::vector<TestRecord> records;
  for (int i = 0; i < 5000; ++i)
    records.push_back({.body = std::to_string(i),
                       .event = i % 1000 == 7 ? "rare" : "common",
                       .time_ms = 1'000 + i});
  ASSERT_TRUE(append(*store_, records));
  reopen();
  const Collector found = read_all(*store_);
  ASSERT_EQ(found.records.size(), records.size());
  EXPECT_EQ(found.records, records);
  EXPECT_THAT(bodies_of(*store_, 4'999), ElementsAre("4998", "4999"));
  const std::string_view events[] = {"rare"};
  EXPECT_THAT(bodies_of(*store_, 1, {.all_rooms = true, .events = events}),
              ElementsAre("7", "1007", "2007", "3007", "4007"));
  EXPECT_EQ(store_->find_time(0), 1u);
  EXPECT_EQ(store_->find_time(3'500), 2'501u);
  EXPECT_EQ(store_->find_time(10'000), 5'001u);
  Collector one;
  EXPECT_EQ(*store_->read(2'000, kEverything, 1, one), 2'001u);
  EXPECT_THAT(one.bodies(), ElementsAre("1999"));
}

TEST_F(RedisStoreTest, KnowsHowMuchItHoldsAfterItWasOpenedAgain) {
  RedisStoreOptions small = options();
  small.retention.max_bytes = 1u << 20;
  store_ = *RedisStore::open(executor_, small);
  const std::string body(10'000, 'x');
  for (int i = 0; i < 300; ++i) append_and_settle({body});
  const std::uint64_t bytes = store_->bytes();
  const Seq first = store_->bounds().first;
  EXPECT_GT(first, 150u);
  ASSERT_TRUE(store_->close());
  store_ = *RedisStore::open(executor_, small);
  EXPECT_EQ(store_->bounds().first, first);
  EXPECT_EQ(store_->bytes(), bytes);
  server_.call({"DEL", "sio:index"});
  ASSERT_TRUE(store_->close());
  store_ = *RedisStore::open(executor_, small);
  EXPECT_EQ(store_->bytes(), bytes) << "without the index, too";
  for (int i = 0; i < 100; ++i) append_and_settle({body});
  EXPECT_LE(server_.call({"XLEN", "sio:events"})->integer, 105);
}

TEST_F(RedisStoreTest, KeepsItsGroups) {
  open();
  auto groups = *Groups::open(*store_);
  ASSERT_TRUE(groups->create("workers", {.filter = "f"}, 5));
  groups->hand_out("workers", 5, 1, kStart);
  EXPECT_TRUE(groups->is_written());
  ASSERT_TRUE(groups->flush(kStart));
  EXPECT_FALSE(groups->is_written());
  executor_.run_until([&] { return groups->is_written(); });
  groups.reset();
  die();
  open();
  groups = *Groups::open(*store_);
  ASSERT_NE(groups->find("workers"), nullptr);
  EXPECT_EQ(groups->find("workers")->delivered(5), 1u);
  EXPECT_EQ(groups->find("workers")->position(), 6u);
}

TEST_F(RedisStoreTest, WritesItsGroupsAgainWhenRedisHasLostThem) {
  open();
  auto groups = *Groups::open(*store_);
  ASSERT_TRUE(groups->create("workers", {}, 5));
  server_.kill_it();
  server_.forget_data();
  server_.start();
  append_and_settle({"one"});
  while (!groups->has_failed()) append_and_settle({"more"});
  ASSERT_TRUE(groups->sync());
  groups.reset();
  die();
  open();
  EXPECT_NE((*Groups::open(*store_))->find("workers"), nullptr);
}

TEST_F(RedisStoreTest, NobodyNoticesARestartOfRedis) {
  open();
  std::vector<std::string> bodies;
  for (int run = 0; run < 5; ++run) {
    for (int i = 0; i < 200; ++i) {
      bodies.push_back(std::to_string(bodies.size()));
      ASSERT_TRUE(append_bodies(*store_, {bodies.back()}));
    }
    server_.kill_it();
    for (int i = 0; i < 200; ++i) {
      bodies.push_back(std::to_string(bodies.size()));
      ASSERT_TRUE(append_bodies(*store_, {bodies.back()}));
    }
    server_.start();
  }
  ASSERT_TRUE(store_->sync());
  EXPECT_EQ(store_->durable(), bodies.size());
  EXPECT_FALSE(listener_.failed_after);
  EXPECT_EQ(bodies_of(*store_), bodies);
  reopen();
  EXPECT_EQ(bodies_of(*store_), bodies);
}

TEST_F(RedisStoreTest, SaysThatItStoresNothingWhileRedisIsAwayForLong) {
  patience_ = kShortPatience;
  open();
  append_and_settle({"kept"});
  server_.kill_it();
  ASSERT_TRUE(append_bodies(*store_, {"lost"}));
  executor_.run_until([this] { return listener_.failed_after.has_value(); });
  EXPECT_EQ(listener_.failed_after, 1u);
  const auto refused = append_bodies(*store_, {"refused"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_EQ(listener_.durable, 1u) << "nothing was acknowledged that Redis did not have";
  server_.start();
  append_patiently("after");
  ASSERT_TRUE(store_->sync());
  EXPECT_THAT(bodies_of(*store_), ElementsAre("kept", "after"));
  reopen();
  const Collector found = read_all(*store_);
  EXPECT_THAT(found.bodies(), ElementsAre("kept", "after"));
  EXPECT_GT(found.seqs[1], 2u) << "the number of what was lost is not used again";
}

TEST_F(RedisStoreTest, DeletesWhatCameThroughAfterItWasSaidToBeLost) {
  patience_ = kShortPatience;
  open();
  append_and_settle({"kept"});
  server_.freeze();
  ASSERT_TRUE(append_bodies(*store_, {"lost", "lost, too"}));
  executor_.run_until([this] { return listener_.failed_after.has_value(); });
  server_.thaw();
  append_patiently("after");
  ASSERT_TRUE(store_->sync());
  reopen();
  EXPECT_THAT(bodies_of(*store_), ElementsAre("kept", "after"));
}

TEST_F(RedisStoreTest, SendsAgainWhatRedisHadAndLost) {
  open();
  const std::string name(store_->name());
  append_and_settle({"one", "two"});
  server_.kill_it();
  server_.forget_data();
  server_.start();
  append_and_settle({"three"});
  reopen();
  EXPECT_EQ(std::string(store_->name()), name);
  const Collector found = read_all(*store_);
  EXPECT_THAT(found.bodies(), ElementsAre("one", "two", "three"));
  EXPECT_THAT(found.seqs, ElementsAre(1u, 2u, 3u));
}

TEST_F(RedisStoreTest, SaysWhatIsGoneForGood) {
  RedisServer forgetful({"--appendonly", "no"});
  const RedisStoreOptions options{
      .url = forgetful.url(), .patience = kLongPatience, .cache_bytes = 0};
  store_ = *RedisStore::open(executor_, options);
  append_and_settle({"one"});
  forgetful.call({"SAVE"});
  const std::string large(700'000, 'x');
  for (int i = 0; i < 4; ++i) append_and_settle({large});
  forgetful.kill_it();
  forgetful.start();
  append_and_settle({"after"});
  for (int time = 0; time < 2; ++time) {
    const Collector found = read_all(*store_);
    EXPECT_THAT(found.seqs, ElementsAre(1u, 5u, 6u)) << "the newest were in memory";
    EXPECT_THAT(found.gaps, ElementsAre(Pair(2u, 5u)));
    ASSERT_TRUE(store_->close());
    store_ = *RedisStore::open(executor_, options);
  }
  ASSERT_TRUE(store_->close());
  store_.reset();
}

TEST_F(RedisStoreTest, IsFullWhenRedisIs) {
  patience_ = kShortPatience;
  open();
  append_and_settle({"kept"});
  server_.call({"CONFIG", "SET", "maxmemory", "1"});
  ASSERT_TRUE(append_bodies(*store_, {"no room"}));
  executor_.run_until([this] { return listener_.failed_after.has_value(); });
  EXPECT_EQ(listener_.failure->code, Errc::full);
  EXPECT_EQ(append_bodies(*store_, {"no room"}).error().code, Errc::full);
  server_.call({"CONFIG", "SET", "maxmemory", "0"});
  append_patiently("room");
  ASSERT_TRUE(store_->sync());
  EXPECT_THAT(bodies_of(*store_), ElementsAre("kept", "room"));
}

TEST_F(RedisStoreTest, DoesNotWaitForAFrozenRedisWhenItReads) {
  open();
  append_and_settle({"old"});
  reopen();
  append_and_settle({"new"});
  server_.freeze();
  Collector collector;
  const auto old = store_->read(1, kEverything, kNoLimit, collector);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, Errc::unavailable);
  EXPECT_EQ(store_->find_time(0), 1u);
  EXPECT_THAT(bodies_of(*store_, 2), ElementsAre("new")) << "what is in memory can be read";
  server_.thaw();
  while (!store_->read(1, kEverything, kNoLimit, collector)) ASSERT_TRUE(store_->sync());
  EXPECT_THAT(collector.bodies(), ElementsAre("old", "new"));
}

TEST_F(RedisStoreTest, WaitsForReplicas) {
  patience_ = kShortPatience;
  RedisStoreOptions careful = options();
  careful.replicas = 1;
  store_ = *RedisStore::open(executor_, careful);
  store_->set_durability_listener(&listener_);
  ASSERT_TRUE(append_bodies(*store_, {"one"}));
  executor_.run_until([this] { return listener_.failed_after.has_value(); });
  EXPECT_EQ(store_->durable(), 0u);
  EXPECT_THAT(listener_.failure->message, HasSubstr("0 of 1 replicas"));
}

// A port of 127.0.0.1 that nobody has at present.
std::string free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  SIO_CHECK(bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0);
  SIO_CHECK(getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(probe);
  return std::to_string(ntohs(address.sin_port));
}

TEST_F(RedisStoreTest, CountsWhatAReplicaHasAndDoesNotWriteToOne) {
  const std::string port = free_port();
  RedisServer master({"--bind", "127.0.0.1", "--port", port, "--repl-diskless-sync-delay", "0"});
  store_ =
      *RedisStore::open(executor_, {.url = master.url(), .replicas = 1, .patience = kLongPatience});
  store_->set_durability_listener(&listener_);
  ASSERT_TRUE(append_bodies(*store_, {"one"}));
  RedisServer replica({"--replicaof", "127.0.0.1", port});
  executor_.run_until([this] { return listener_.durable == 1; });
  EXPECT_FALSE(listener_.failed_after);
  const auto refused = RedisStore::open(executor_, {.url = replica.url()});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("name its master, 127.0.0.1:" + port));
  ASSERT_TRUE(store_->close());
  store_.reset();
}

TEST_F(RedisStoreTest, LeavesAloneWhatIsNotItsOwn) {
  server_.call({"RPUSH", "sio:events", "a list"});
  EXPECT_THAT(refusal(), HasSubstr("sio:events is in the way: it is a list"));
  server_.call({"DEL", "sio:events"});
  server_.call({"XADD", "sio:events", "1-0", "a", "stream"});
  EXPECT_THAT(refusal(), HasSubstr("sio:events is in the way"));
  server_.call({"DEL", "sio:events"});
  server_.call({"SET", "sio:lock", "mine"});
  EXPECT_THAT(refusal(), HasSubstr("sio:lock is in the way"));
  server_.call({"DEL", "sio:lock"});
  server_.call({"HSET", "sio:meta", "their", "field"});
  EXPECT_THAT(refusal(), HasSubstr("sio:meta is in the way"));
  EXPECT_EQ(server_.call({"HLEN", "sio:meta"})->integer, 1) << "nothing was added to it";
  server_.call({"HSET", "sio:meta", "format", "2"});
  EXPECT_THAT(refusal(), HasSubstr("written by a newer sio"));
  server_.call({"HSET", "sio:meta", "format", "1", "name", "?"});
  EXPECT_THAT(refusal(), HasSubstr("makes no sense"));
  server_.call({"DEL", "sio:meta"});
  server_.call({"RPUSH", "sio:groups", "foreign"});
  open();
  const auto groups = Groups::open(*store_);
  ASSERT_FALSE(groups);
  EXPECT_THAT(groups.error().message, HasSubstr("sio:groups: element 0 is not sio's"));
}

TEST_F(RedisStoreTest, ShowsForeignEntriesAsAGapAndGoesOnBehindThem) {
  patience_ = kShortPatience;
  open();
  append_and_settle({"one"});
  server_.call({"XADD", "sio:events", "100-0", "some", "body else"});
  ASSERT_TRUE(append_bodies(*store_, {"in vain"}));
  executor_.run_until([this] { return listener_.failed_after.has_value(); });
  append_patiently("after");
  ASSERT_TRUE(store_->sync());
  reopen();
  const Collector found = read_all(*store_);
  EXPECT_THAT(found.bodies(), ElementsAre("one", "after"));
  EXPECT_THAT(found.gaps, ElementsAre(Pair(100u, 101u)));
}

TEST_F(RedisStoreTest, SaysWhyItCannotBeOpened) {
  server_.call({"CONFIG", "SET", "requirepass", "secret"});
  EXPECT_THAT(refusal(), HasSubstr("NOAUTH"));
  server_.kill_it();
  EXPECT_THAT(refusal(), HasSubstr("refused"));
}

// kill -9 of a process that writes, and of Redis under it.

[[noreturn]] void publish_for_ever(const RedisStoreOptions& options, int run, int pipe) {
  QueueExecutor executor;
  Listener listener;
  auto store = *RedisStore::open(executor, options);
  store->set_durability_listener(&listener);
  std::mt19937 random(static_cast<unsigned>(run));
  Seq told = 0;
  for (int count = 0;;) {
    std::vector<std::string> bodies;
    for (unsigned i = 0; i <= random() % 50; ++i)
      bodies.push_back(std::to_string(run) + ":" + std::to_string(count++));
    const Result<Seq> first = append_bodies(*store, bodies);
    SIO_CHECK(first.has_value());
    executor.run_until([&] { return listener.durable + 2000 > *first && listener.durable > told; });
    told = listener.durable;
    SIO_CHECK(write(pipe, &told, sizeof told) == sizeof told);
  }
}

TEST_F(RedisStoreTest, KeepsEveryDurableRecordOverKillsOfBothAndTheRestIsAPrefix) {
  std::mt19937 random(1);
  for (int run = 0; run < 8; ++run) {
    int ends[2];
    SIO_CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) publish_for_ever(options(), run, ends[1]);
    close(ends[1]);
    Seq durable = 0;
    const int reports = 1 + static_cast<int>(random() % 40);
    for (int i = 0; i < reports; ++i) {
      ASSERT_GT(read(ends[0], &durable, sizeof durable), 0);
      if (run % 2 == 1 && i == reports / 2) {
        server_.kill_it();
        server_.start();
      }
    }
    kill(child, SIGKILL);
    if (run % 3 == 2) {
      server_.kill_it();
      server_.start();
    }
    for (Seq late = 0; read(ends[0], &late, sizeof late) > 0;) durable = late;
    waitpid(child, nullptr, 0);
    close(ends[0]);

    open();
    const Collector found = read_all(*store_);
    EXPECT_THAT(found.gaps, IsEmpty());
    ASSERT_GE(found.seqs.back(), durable);
    EXPECT_TRUE(std::ranges::is_sorted(found.seqs));
    int count = 0;
    for (const TestRecord& record : found.records) {
      if (!record.body.starts_with(std::to_string(run) + ":")) continue;
      ASSERT_EQ(record.body, std::to_string(run) + ":" + std::to_string(count++));
    }
    EXPECT_GT(count, 0);
    EXPECT_GT(store_->bounds().next, found.seqs.back());
    ASSERT_TRUE(store_->close());
    store_.reset();
  }
}

}  // namespace
}  // namespace sio::store

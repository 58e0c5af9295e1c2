// What every Cluster promises: the one of the tests, and those over a Redis server that this test
// starts on a unix socket.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/redis_url.h"
#include "cluster/redis_cluster.h"
#include "net/loop.h"
#include "net/socket_address.h"
#include "net/unique_fd.h"
#include "support/fake_cluster.h"

namespace sio::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Writes down what it is told.
class Recorder final : public Member {
 public:
  explicit Recorder(std::string name) : name_(std::move(name)) {}
  void attach(Cluster& cluster) { cluster_ = &cluster; }

  void on_batch_begin() override { EXPECT_FALSE(std::exchange(in_batch_, true)); }
  void on_batch_end() override { EXPECT_TRUE(std::exchange(in_batch_, false)); }
  void on_event(const ClusterEvent& event) override {
    EXPECT_TRUE(in_batch_);
    std::string line = fmt::format("event {}{} {}", event.to.ns, place(event.to), event.items);
    for (const std::string& bytes : event.attachments) line += " bytes:" + bytes;
    if (event.is_volatile) line += " volatile";
    if (!event.from.empty()) line += fmt::format(" from:{}", event.from);
    if (!event.key.empty()) line += fmt::format(" key:{}", event.key);
    told.push_back(line);
  }
  std::size_t on_question(QuestionId id, const ClusterEvent& event, Duration) override {
    told.push_back(fmt::format("question {}", event.items));
    const std::string answer = '"' + name_ + '"';
    cluster_->acknowledge(id, {.json = answer});
    cluster_->forget(id);
    cluster_->acknowledge(id, {.json = "\"too late\""});
    return 1;
  }
  void on_join(const Selection& who, std::span<const std::string_view> rooms) override {
    told.push_back(fmt::format("join {}{} {}", who.ns, place(who), rooms.front()));
  }
  void on_leave(const Selection& who, std::span<const std::string_view> rooms) override {
    told.push_back(fmt::format("leave {}{} {}", who.ns, place(who), rooms.front()));
  }
  void on_disconnect(const Selection& who, bool close) override {
    told.push_back(fmt::format("disconnect {}{} {}", who.ns, place(who), close));
  }
  std::vector<RemoteSocket> on_fetch(const Selection&) override { return {}; }
  std::vector<std::string> on_list_sids(const Selection&) override { return {}; }
  std::vector<std::string> on_list_rooms(std::string_view) override { return {}; }
  void on_answer(std::string_view ns, std::uint64_t tag, const ClusterValue& value) override {
    told.push_back(fmt::format("answer {} {} {}", ns, tag, value.json));
  }
  void on_ready(std::string_view) override {}
  void on_connected() override {}
  void on_disconnected(const Error& why) override { ADD_FAILURE() << why.message; }

  std::vector<std::string> told;

 private:
  static std::string place(const Selection& who) {
    std::string text;
    for (const std::string_view room : who.rooms) text += fmt::format(" +{}", room);
    for (const std::string_view room : who.except) text += fmt::format(" -{}", room);
    return text;
  }

  std::string name_;
  Cluster* cluster_ = nullptr;
  bool in_batch_ = false;
};

class RedisServer {
 public:
  RedisServer() {
    std::string directory = (std::filesystem::temp_directory_path() / "sio-redis-XXXXXX").string();
    directory_ = mkdtemp(directory.data());
    pid_ = fork();
    if (pid_ != 0) return;
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path().c_str(), "--save",
           "", "--dir", directory_.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  ~RedisServer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(directory_);
  }
  std::string path() const { return directory_ + "/redis.sock"; }
  // False: it has ended.
  bool is_coming_up() const { return waitpid(pid_, nullptr, WNOHANG) == 0; }
  bool is_up() const {
    net::SocketAddress address = net::unix_socket_address(path());
    const net::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(probe.get(), address.generic(), address.size) == 0;
  }

 private:
  std::string directory_;
  pid_t pid_ = 0;
};

enum class Kind { fake, pubsub, streams };

class ClusterContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    loop_ = std::move(*net::Loop::create({.many_sockets = true}));
    if (GetParam() != Kind::fake) {
      redis_ = std::make_unique<RedisServer>();
      while (!redis_->is_up())
        ASSERT_TRUE(redis_->is_coming_up()) << "redis-server is missing: package redis-server";
    }
    for (auto* node : {&a_, &b_, &c_}) {
      node->cluster = make();
      node->recorder.attach(*node->cluster);
      node->cluster->start(node->recorder);
      node->cluster->open("/");
    }
    run_until([this] { return ready("/"); });
  }

  std::unique_ptr<Cluster> make() {
    if (GetParam() == Kind::fake) return std::make_unique<test::FakeCluster>(bus());
    return std::make_unique<RedisCluster>(
        *loop_, RedisCluster::Options{.url = *parse_redis_url("redis+unix://" + redis_->path()),
                                      .dialect = GetParam() == Kind::pubsub
                                                     ? make_pubsub_dialect("k")
                                                     : make_streams_dialect("k", "s"),
                                      .asks = true});
  }
  test::FakeBus& bus() {
    if (bus_ == nullptr) bus_ = std::make_unique<test::FakeBus>(*loop_);
    return *bus_;
  }

  bool ready(std::string_view ns) {
    return a_.cluster->is_ready(ns) && b_.cluster->is_ready(ns) && c_.cluster->is_ready(ns);
  }
  template <typename Condition>
  void run_until(Condition condition) {
    const TimePoint limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it never came";
      loop_->post([this] { loop_->stop(); });
      loop_->run();
    }
  }
  // Everything that a node sent before has come to the others.
  void settle(Cluster& from, Recorder& x, Recorder& y) {
    from.send({.to = {"/", {}, {}}, .items = "\"mark\""});
    const auto has_mark = [](const Recorder& recorder) {
      return !recorder.told.empty() && recorder.told.back() == "event / \"mark\"";
    };
    run_until([&] { return has_mark(x) && has_mark(y); });
    x.told.pop_back();
    y.told.pop_back();
  }

  struct Node {
    explicit Node(std::string name) : recorder(std::move(name)) {}
    Recorder recorder;
    std::unique_ptr<Cluster> cluster;
  };
  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<test::FakeBus> bus_;
  Node a_{"a"}, b_{"b"}, c_{"c"};
};

TEST_P(ClusterContract, AnEventReachesEveryOtherNodeOnceAndInOrder) {
  const std::array<std::string_view, 2> rooms{"r", "s"};
  const std::array<std::string_view, 1> except{"x"};
  const std::vector<std::string> attachments{"ab"};
  a_.cluster->send({.to = {"/", rooms, except},
                    .items = R"("one",{"_placeholder":true,"num":0})",
                    .attachments = attachments,
                    .from = "sid",
                    .key = "k"});
  a_.cluster->send({.to = {"/", std::span(rooms).first(1), {}}, .items = R"("two")"});
  a_.cluster->send({.to = {"/", {}, {}}, .items = R"("three",1)", .is_volatile = true});
  settle(*a_.cluster, b_.recorder, c_.recorder);
  const auto expected =
      ElementsAre(R"(event / +r +s -x "one",{"_placeholder":true,"num":0} bytes:ab from:sid key:k)",
                  R"(event / +r "two")", R"(event / "three",1 volatile)");
  EXPECT_THAT(b_.recorder.told, expected);
  EXPECT_THAT(c_.recorder.told, expected);
  EXPECT_THAT(a_.recorder.told, IsEmpty());
  EXPECT_GE(a_.cluster->figures().sent, 3u);
  EXPECT_GE(b_.cluster->figures().received, 3u);
}

TEST_P(ClusterContract, OnlyWhoHasANamespaceHearsOfIt) {
  a_.cluster->open("/x*");
  b_.cluster->open("/x*");
  c_.cluster->open("/xy");
  run_until([this] {
    return a_.cluster->is_ready("/x*") && b_.cluster->is_ready("/x*") &&
           c_.cluster->is_ready("/xy");
  });
  a_.cluster->send({.to = {"/x*", {}, {}}, .items = R"("e")"});
  settle(*a_.cluster, b_.recorder, c_.recorder);
  EXPECT_THAT(b_.recorder.told, ElementsAre(R"(event /x* "e")"));
  EXPECT_THAT(c_.recorder.told, IsEmpty());
  b_.cluster->close("/x*");
  EXPECT_FALSE(b_.cluster->is_ready("/x*"));
  b_.recorder.told.clear();
  a_.cluster->send({.to = {"/x*", {}, {}}, .items = R"("again")"});
  settle(*a_.cluster, b_.recorder, c_.recorder);
  EXPECT_THAT(b_.recorder.told, IsEmpty());
}

TEST_P(ClusterContract, RequestsReachEveryOtherNode) {
  const std::array<std::string_view, 1> who{"sid"};
  const std::array<std::string_view, 1> rooms{"r"};
  a_.cluster->join({"/", who, {}}, rooms);
  a_.cluster->leave({"/", who, {}}, rooms);
  a_.cluster->disconnect({"/", {}, who}, true);
  settle(*a_.cluster, b_.recorder, c_.recorder);
  const auto expected = ElementsAre("join / +sid r", "leave / +sid r", "disconnect / -sid true");
  EXPECT_THAT(b_.recorder.told, expected);
  EXPECT_THAT(c_.recorder.told, expected);
  EXPECT_THAT(a_.recorder.told, IsEmpty());
}

TEST_P(ClusterContract, AQuestionIsAnsweredByEveryOtherNode) {
  a_.cluster->ask({.to = {"/", {}, {}}, .items = R"("who")"}, 7, std::chrono::seconds(60));
  run_until([this] { return a_.recorder.told.size() == 2; });
  EXPECT_THAT(a_.recorder.told,
              testing::UnorderedElementsAre(R"(answer / 7 "b")", R"(answer / 7 "c")"));
  EXPECT_THAT(b_.recorder.told, ElementsAre(R"(question "who")"));
}

std::string name_of(const testing::TestParamInfo<Kind>& kind) {
  if (kind.param == Kind::fake) return "Fake";
  return kind.param == Kind::pubsub ? "PubSub" : "Streams";
}

INSTANTIATE_TEST_SUITE_P(Every, ClusterContract,
                         testing::Values(Kind::fake, Kind::pubsub, Kind::streams), name_of);

}  // namespace
}  // namespace sio::cluster

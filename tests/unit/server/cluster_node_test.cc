#include "server/cluster_node.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "support/fake_cluster.h"
#include "unit/server/session_fixture.h"

namespace sio::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::UnorderedElementsAre;

// Another node of the cluster: writes down what it hears.
class OtherNode final : public cluster::Member {
 public:
  void on_batch_begin() override {}
  void on_batch_end() override {}
  void on_event(const cluster::ClusterEvent& event) override {
    std::string line = fmt::format("{} {} from:{} key:{}", event.to.ns, event.items,
                                   event.from.empty() ? "" : "sid", event.key);
    for (const std::string_view room : event.to.rooms) line += fmt::format(" +{}", room);
    for (const std::string_view room : event.to.except) line += fmt::format(" -{}", room);
    for (const std::string& bytes : event.attachments) line += " bytes:" + bytes;
    heard.push_back(line);
  }
  std::size_t on_question(cluster::QuestionId, const cluster::ClusterEvent&, Duration) override {
    return 0;
  }
  void on_join(const cluster::Selection&, std::span<const std::string_view>) override {}
  void on_leave(const cluster::Selection&, std::span<const std::string_view>) override {}
  void on_disconnect(const cluster::Selection&, bool) override {}
  std::vector<cluster::RemoteSocket> on_fetch(const cluster::Selection&) override { return {}; }
  std::vector<std::string> on_list_sids(const cluster::Selection&) override { return {}; }
  std::vector<std::string> on_list_rooms(std::string_view) override { return {}; }
  void on_answer(std::string_view, std::uint64_t, const cluster::ClusterValue& value) override {
    heard.push_back("answer " + std::string(value.json));
  }
  void on_ready(std::string_view) override {}
  void on_connected() override {}
  void on_disconnected(const Error&) override {}

  std::vector<std::string> heard;
};

class ClusterNodeTest : public test::SessionFixture, private ClusterListener {
 protected:
  void join_cluster() {
    node_ =
        std::make_unique<ClusterNode>(*loop_, server(), cluster_, std::vector<std::string>{"/"});
    other_cluster_.start(other_);
    other_cluster_.open("/");
    start();
    run_until([this] { return joined_; });
  }
  void start() { node_->start(*this); }
  void TearDown() override {
    node_.reset();
    SessionFixture::TearDown();
  }
  // What was said has come to the other side, and its answers have come back.
  void settle() {
    for (int i = 0; i < 4; ++i) run_turn();
  }
  void send(std::string_view items, std::vector<std::string_view> rooms = {},
            std::vector<std::string_view> except = {}, std::string_view key = {}) {
    other_cluster_.send({.to = {"/", rooms, except}, .items = items, .key = key});
    settle();
  }
  static std::string sid_in(const std::vector<std::string>& texts) {
    return texts.back().substr(10, 20);
  }

  bool joined_ = false;
  std::string refused_;
  sio::test::FakeBus bus_{*loop_};
  sio::test::FakeCluster cluster_{bus_};
  sio::test::FakeCluster other_cluster_{bus_};
  OtherNode other_;
  std::unique_ptr<ClusterNode> node_;

 private:
  void on_cluster_joined() override { joined_ = true; }
  void on_cluster_refused(const Error& why) override { refused_ = why.message; }
};

TEST_F(ClusterNodeTest, ComesForTheFirstTimeWithoutAWord) {
  cluster_.holds_namespaces = true;
  node_ = std::make_unique<ClusterNode>(*loop_, server(), cluster_, std::vector<std::string>{"/"});
  testing::internal::CaptureStderr();
  start();
  cluster_.make_ready("/");  // known before the connection is
  run_until([this] { return joined_; });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(ClusterNodeTest, WhatIsPublishedHereGoesToTheOthers) {
  join_cluster();
  WebSocket& client = open_client();
  say(client, R"(42["hi",1,{"a":[]}])");
  say(client, R"(42["sio:emit",{"event":"e","args":[],"rooms":["r"],"except":["x"],"id":"k"}])");
  say(client, R"(451-["b",{"_placeholder":true,"num":0}])");
  client.receive_binary("bytes");
  end_turn();
  settle();
  EXPECT_THAT(other_.heard,
              ElementsAre(R"(/ "hi",1,{"a":[]} from:sid key:)", R"(/ "e" from:sid key:k +r -x)",
                          R"(/ "b",{"_placeholder":true,"num":0} from:sid key: bytes:bytes)"));
}

TEST_F(ClusterNodeTest, WhatOthersPublishIsDeliveredAndStoredAndGoesNoFurther) {
  join_cluster();
  WebSocket& client = open_client();
  send(R"("hi",[1])");
  send(R"("not for it")", {"r"});
  EXPECT_THAT(client.take_texts(), ElementsAre(R"(42["hi",[1]])"));
  EXPECT_EQ(store_.bounds().next, 3u);
  EXPECT_THAT(other_.heard, IsEmpty());
}

TEST_F(ClusterNodeTest, AnEventWhoseKeyIsKnownIsNotRepeated) {
  join_cluster();
  WebSocket& client = open_client();
  send(R"("once")", {}, {}, "k");
  send(R"("once")", {}, {}, "k");
  EXPECT_THAT(client.take_texts(), ElementsAre(R"(42["once"])"));
}

TEST_F(ClusterNodeTest, AClientWaitsUntilItsNamespaceIsShared) {
  join_cluster();
  cluster_.holds_namespaces = true;
  WebSocket& client = open_websocket();
  client.take_sent();
  say(client, "40/late,");
  settle();
  EXPECT_TRUE(cluster_.has_open("/late"));
  EXPECT_THAT(client.take_texts(), IsEmpty());
  cluster_.make_ready("/late");
  end_turn();
  EXPECT_THAT(client.take_texts(), ElementsAre(HasSubstr(R"(40/late,{"sid")")));
}

TEST_F(ClusterNodeTest, NobodyWaitsWhileTheClusterIsAway) {
  join_cluster();
  bus_.set_up(false);
  settle();
  WebSocket& client = open_websocket();
  client.take_sent();
  say(client, "40/late,");
  EXPECT_THAT(client.take_texts(), ElementsAre(HasSubstr(R"(40/late,{"sid")")));
}

TEST_F(ClusterNodeTest, AClusterThatIsNotThereAtTheStartIsSaid) {
  bus_.set_up(false);
  node_ = std::make_unique<ClusterNode>(*loop_, server(), cluster_, std::vector<std::string>{"/"});
  start();
  run_until([this] { return !refused_.empty(); });
  EXPECT_EQ(refused_, "the bus is down");
}

TEST_F(ClusterNodeTest, ClientsAnswerTheQuestionsOfOthersOnce) {
  join_cluster();
  WebSocket& stock = open_client();
  WebSocket& ours = open_client(R"(40{"sio":{"v":1,"meta":true}})");
  open_client(R"(40{"sio":{"v":1,"events":["something else"]}})");
  other_cluster_.ask({.to = {"/", {}, {}}, .items = R"("sum",1)"}, 1, 1min);
  settle();
  EXPECT_THAT(stock.take_texts(), ElementsAre(R"(421073741824["sum",1])"));
  EXPECT_THAT(ours.take_texts(),
              ElementsAre(MatchesRegex(R"re(421073741824\["sum",1,\{"time":.*\}\])re")));
  say(stock, R"(431073741824[{"n":2},"more"])");
  say(stock, R"(431073741824["again"])");
  say(ours, R"(431073741824[])");
  settle();
  EXPECT_THAT(other_.heard, ElementsAre(R"(answer {"n":2})", "answer null"));
}

TEST_F(ClusterNodeTest, OthersMoveAndSendAwaySocketsOfThisServer) {
  join_cluster();
  WebSocket& a = open_websocket();
  say(a, "40");
  const std::string sid = sid_in(a.take_texts());
  WebSocket& b = open_client();
  const std::array<std::string_view, 1> who{sid};
  const std::array<std::string_view, 2> rooms{"r", "s"};
  other_cluster_.join({"/", who, {}}, rooms);
  other_cluster_.leave({"/", {}, {}}, std::span(rooms).last(1));
  settle();
  send(R"("to r")", {"r"});
  send(R"("to s")", {"s"});
  EXPECT_THAT(a.take_texts(), ElementsAre(R"(42["to r"])"));
  EXPECT_THAT(b.take_texts(), IsEmpty());
  other_cluster_.disconnect({"/", who, {}}, false);
  settle();
  EXPECT_THAT(a.take_texts(), ElementsAre("41"));
  EXPECT_FALSE(b.closing());
}

}  // namespace
}  // namespace sio::server

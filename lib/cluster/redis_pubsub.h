// A cluster over Redis pub/sub, beside Node.js servers with @socket.io/redis-adapter
// (createAdapter) and whoever publishes with @socket.io/redis-emitter.
//
// Channels, K being the key and N the namespace:
//
//   K#N#  K#N#ROOM#              broadcasts; those to exactly one room on a channel of its own
//   K-request#N#                 requests. Its number of subscribers is the number of nodes
//   K-response#N#  …#N#UID#      answers, for those who ask
//
// A node is a UID for each namespace. Redis keeps nothing: what is published while a node is not
// there, it does not get.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/redis_url.h"
#include "cluster/cluster.h"
#include "cluster/cluster_message.h"
#include "cluster/complaints.h"
#include "cluster/redis_link.h"
#include "cluster/waiting_commands.h"
#include "net/loop.h"

namespace sio::cluster {

// Loop thread only.
class RedisPubSub final : public Cluster, private RedisLinkEvents {
 public:
  struct Options {
    RedisUrl url;
    std::string key = "socket.io";
    bool asks = false;  // ask() will be used
  };
  // The loop outlives it.
  RedisPubSub(net::Loop& loop, Options options);
  ~RedisPubSub() override;

  void start(Member& member) override;
  void open(std::string_view ns) override;
  void close(std::string_view ns) override;
  bool is_ready(std::string_view ns) const override;
  void send(const ClusterEvent& event) override;
  void ask(const ClusterEvent& event, std::uint64_t tag, Duration patience) override;
  void join(const Selection& who, std::span<const std::string_view> rooms) override;
  void leave(const Selection& who, std::span<const std::string_view> rooms) override;
  void disconnect(const Selection& who, bool close) override;
  void acknowledge(QuestionId question, const ClusterValue& value) override;
  void forget(QuestionId question) override;
  ClusterFigures figures() const override;

 private:
  // A namespace that this node has.
  struct Space {
    std::string ns;
    std::string uid;
    std::string pattern;
    std::string channel;
    std::string requests;
    std::string responses;
    std::size_t unconfirmed = 0;  // subscriptions
    bool is_ready = false;
  };
  enum class Topic : std::uint8_t { broadcast, request, response };
  struct Route {
    Space* space;
    Topic topic;
  };
  struct Question {
    std::string ns;
    std::string uid;
    std::string request_id;
  };
  struct Asked {
    std::string ns;
    std::uint64_t tag;
    TimePoint deadline;
  };

  void on_up(RedisLink& link) override;
  void on_down(RedisLink& link, const Error& why) override;
  void on_reply(RedisLink& link, std::uint32_t tag, const RedisValue& reply) override;
  void on_replies_end(RedisLink& link) override;

  void subscribe(Space& space);
  void on_confirmed(const RedisValue& reply);
  void on_message(std::string_view route, std::string_view payload);
  void on_broadcast(const Space& space, std::string_view payload);
  void on_request(const Space& space, std::string_view payload);
  void answer_request(const Space& space, const ClusterMessage& request);
  void on_question(const Space& space, const ClusterMessage& request);
  void on_response(const Space& space, std::string_view payload);
  void respond(std::string_view ns, std::string_view uid, std::string_view payload);
  bool publish(std::string_view channel, std::string_view payload);
  void count(bool was_sent);
  Space* find(std::string_view ns);
  void begin_batch();
  void end_batch();
  void forget_late_answers();

  net::Loop& loop_;
  Options options_;
  RedisLink commands_;
  RedisLink subscriber_;
  Member* member_ = nullptr;
  std::map<std::string, std::unique_ptr<Space>, std::less<>> spaces_;
  std::map<std::string, Route, std::less<>> routes_;  // by pattern and channel
  WaitingCommands waiting_;
  std::map<QuestionId, Question> questions_;
  QuestionId next_question_ = 1;
  std::map<std::string, Asked, std::less<>> asked_;
  Complaints malformed_;
  ClusterFigures figures_;
  bool in_batch_ = false;
};

}  // namespace sio::cluster

// A cluster whose nodes find each other at a Redis server, beside Node.js servers with one of its
// adapters: the Dialect is theirs. A node has a uid of its own in each namespace.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redis_url.h"
#include "cluster/cluster.h"
#include "cluster/cluster_message.h"
#include "cluster/complaints.h"
#include "cluster/dialect.h"
#include "cluster/redis_link.h"
#include "cluster/stream_reader.h"
#include "cluster/waiting_commands.h"
#include "net/loop.h"

namespace sio::cluster {

// Loop thread only.
class RedisCluster final : public Cluster, private RedisLinkEvents, private StreamReaderEvents {
 public:
  struct Options {
    RedisUrl url;
    std::unique_ptr<Dialect> dialect;
    bool asks = false;  // ask() will be used
  };
  // The loop outlives it.
  RedisCluster(net::Loop& loop, Options options);
  ~RedisCluster() override;

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
    std::vector<Subscription> subscriptions;
    std::size_t unconfirmed = 0;
    bool is_subscribed = false;
    NodeName node() const { return {ns, uid}; }
  };
  struct Route {
    Space* space;
    Topic topic;
  };
  struct Question {
    std::string ns;
    std::string own_uid;
    std::string uid;
    std::string request_id;
    Asker asker() const { return {ns, own_uid, uid, request_id}; }
  };
  struct Asked {
    std::uint64_t tag;
    TimePoint deadline;
  };

  void on_up(RedisLink& link) override;
  void on_down(RedisLink& link, const Error& why) override;
  void on_reply(RedisLink& link, std::uint32_t tag, const RedisValue& reply) override;
  void on_replies_end(RedisLink& link) override;
  void on_reading() override;
  void on_reading_lost(const Error& why) override;
  void on_entry(const StreamEntry& entry) override;
  void on_entries_end() override { end_batch(); }
  void on_gap(std::string_view after) override;

  void go_up_if_complete();
  void go_down(const Error& why);
  void subscribe(Space& space);
  void on_confirmed(const RedisValue& reply);
  void on_message(std::string_view route, std::string_view payload);
  void take(const Space& space, const Result<ClusterMessage>& message);
  void handle(const Space& space, const ClusterMessage& message);
  void on_event(const Space& space, const ClusterMessage& message);
  void on_question(const Space& space, const ClusterMessage& message);
  void on_answer(const Space& space, const ClusterMessage& message);
  void answer(const std::optional<Outgoing>& outgoing);
  bool put(const Space* space, const Outgoing& outgoing);
  void send_all(const Space& space, const Outgoing& outgoing);
  Space* find(std::string_view ns) const;
  void begin_batch();
  void end_batch();

  net::Loop& loop_;
  Options options_;
  const Dialect& dialect_;
  RedisLink commands_;
  RedisLink subscriber_;
  std::unique_ptr<StreamReader> reader_;  // null: the dialect has no stream
  Member* member_ = nullptr;
  std::map<std::string, std::unique_ptr<Space>, std::less<>> spaces_;
  std::map<std::string, Route, std::less<>> routes_;  // by pattern and channel
  WaitingCommands waiting_;
  std::uint64_t unanswered_ = 0;  // commands that Redis has not answered
  std::map<QuestionId, Question> questions_;
  QuestionId next_question_ = 1;
  std::map<std::string, Asked, std::less<>> asked_;
  Complaints malformed_;
  Complaints lost_;
  ClusterFigures figures_;
  bool in_batch_ = false;
};

}  // namespace sio::cluster

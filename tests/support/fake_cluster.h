// A cluster of servers in one process: what a node sends reaches the others in a later turn of
// their loop, in order.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cluster/cluster.h"
#include "net/loop.h"

namespace sio::test {

class FakeCluster;

// What carries between them. Outlives them.
class FakeBus {
 public:
  explicit FakeBus(net::Loop& loop) : loop_(loop) {}
  // While it is down nobody is connected and nothing is carried.
  void set_up(bool is_up);

 private:
  friend class FakeCluster;
  net::Loop& loop_;
  std::vector<FakeCluster*> nodes_;
  bool is_up_ = true;
};

class FakeCluster final : public cluster::Cluster {
 public:
  explicit FakeCluster(FakeBus& bus) : bus_(bus) { bus_.nodes_.push_back(this); }
  ~FakeCluster() override { std::erase(bus_.nodes_, this); }

  void start(cluster::Member& member) override {
    member_ = &member;
    tell_state();
  }
  void open(std::string_view ns) override {
    open_.emplace(ns);
    if (!holds_namespaces && bus_.is_up_)
      later([ns = std::string(ns)](FakeCluster& self) {
        self.ready_.insert(ns);
        self.member_->on_ready(ns);
      });
  }
  void close(std::string_view ns) override {
    open_.erase(std::string(ns));
    ready_.erase(std::string(ns));
  }
  bool is_ready(std::string_view ns) const override { return ready_.contains(std::string(ns)); }

  void send(const cluster::ClusterEvent& event) override {
    ++figures_.sent;
    to_others(event, [](FakeCluster& node, const cluster::ClusterEvent& copy) {
      node.member_->on_event(copy);
    });
  }
  void ask(const cluster::ClusterEvent& event, std::uint64_t tag, Duration patience) override {
    to_others(event, [this, tag, patience](FakeCluster& node, const cluster::ClusterEvent& copy) {
      const cluster::QuestionId id = ++node.last_question_;
      node.asked_[id] = {this, std::string(copy.to.ns), tag};
      node.member_->on_question(id, copy, patience);
    });
  }
  void join(const cluster::Selection& who, std::span<const std::string_view> rooms) override {
    change(who, rooms,
           [](cluster::Member& member, const cluster::Selection& copy,
              std::span<const std::string_view> names) { member.on_join(copy, names); });
  }
  void leave(const cluster::Selection& who, std::span<const std::string_view> rooms) override {
    change(who, rooms,
           [](cluster::Member& member, const cluster::Selection& copy,
              std::span<const std::string_view> names) { member.on_leave(copy, names); });
  }
  void disconnect(const cluster::Selection& who, bool close) override {
    change(who, {},
           [close](cluster::Member& member, const cluster::Selection& copy,
                   std::span<const std::string_view>) { member.on_disconnect(copy, close); });
  }
  void acknowledge(cluster::QuestionId question, const cluster::ClusterValue& value) override {
    const auto it = asked_.find(question);
    if (it == asked_.end()) return;
    const auto [asker, ns, tag] = it->second;
    asker->later([ns = ns, tag = tag, json = std::string(value.json),
                  attachments = std::vector<std::string>(
                      value.attachments.begin(), value.attachments.end())](FakeCluster& self) {
      self.member_->on_answer(ns, tag, {json, attachments});
    });
  }
  void forget(cluster::QuestionId question) override { asked_.erase(question); }
  cluster::ClusterFigures figures() const override { return figures_; }

  // Namespaces do not become ready by themselves while this is set.
  bool holds_namespaces = false;
  void make_ready(const std::string& ns) {
    ready_.insert(ns);
    member_->on_ready(ns);
  }
  bool has_open(const std::string& ns) const { return open_.contains(ns); }

 private:
  friend class FakeBus;
  struct Asked {
    FakeCluster* asker;
    std::string ns;
    std::uint64_t tag;
  };

  void later(std::function<void(FakeCluster&)> task) {
    bus_.loop_.post([&bus = bus_, node = this, task = std::move(task)] {
      if (std::ranges::find(bus.nodes_, node) != bus.nodes_.end()) task(*node);
    });
  }

  void tell_state() {
    later([](FakeCluster& self) {
      if (self.member_ == nullptr) return;
      self.figures_.connected = self.bus_.is_up_;
      if (self.bus_.is_up_) return self.member_->on_connected();
      self.member_->on_disconnected({Errc::unavailable, "the bus is down"});
    });
  }

  // To every other node that has the namespace, with a copy of what is said.
  void to_others(const std::string& ns, const std::function<void(FakeCluster&)>& task) {
    if (!bus_.is_up_) {
      ++figures_.not_sent;
      return;
    }
    for (FakeCluster* node : bus_.nodes_) {
      if (node == this || !node->open_.contains(ns)) continue;
      node->later([task](FakeCluster& self) {
        ++self.figures_.received;
        self.member_->on_batch_begin();
        task(self);
        self.member_->on_batch_end();
      });
    }
  }

  static std::vector<std::string> copy(std::span<const std::string_view> list) {
    return {list.begin(), list.end()};
  }
  static std::vector<std::string_view> views(const std::vector<std::string>& list) {
    return {list.begin(), list.end()};
  }

  template <typename Task>
  void to_others(const cluster::ClusterEvent& event, Task task) {
    to_others(
        std::string(event.to.ns),
        [task, ns = std::string(event.to.ns), rooms = copy(event.to.rooms),
         except = copy(event.to.except), items = std::string(event.items),
         attachments = std::vector<std::string>(event.attachments.begin(), event.attachments.end()),
         is_volatile = event.is_volatile, from = std::string(event.from),
         key = std::string(event.key)](FakeCluster& node) {
          const auto room_views = views(rooms);
          const auto except_views = views(except);
          task(node, {.to = {ns, room_views, except_views},
                      .items = items,
                      .attachments = attachments,
                      .is_volatile = is_volatile,
                      .from = from,
                      .key = key});
        });
  }

  template <typename Task>
  void change(const cluster::Selection& who, std::span<const std::string_view> names, Task task) {
    to_others(std::string(who.ns),
              [task, ns = std::string(who.ns), rooms = copy(who.rooms), except = copy(who.except),
               names = copy(names)](FakeCluster& node) {
                const auto room_views = views(rooms);
                const auto except_views = views(except);
                const auto name_views = views(names);
                task(*node.member_, {ns, room_views, except_views}, name_views);
              });
  }

  FakeBus& bus_;
  cluster::Member* member_ = nullptr;
  std::set<std::string> open_;
  std::set<std::string> ready_;
  std::map<cluster::QuestionId, Asked> asked_;
  cluster::QuestionId last_question_ = 0;
  cluster::ClusterFigures figures_;
};

inline void FakeBus::set_up(bool is_up) {
  is_up_ = is_up;
  for (FakeCluster* node : nodes_) {
    if (!is_up) node->ready_.clear();
    node->tell_state();
    if (is_up)
      for (const std::string& ns : std::set(node->open_)) node->open(ns);
  }
}

}  // namespace sio::test

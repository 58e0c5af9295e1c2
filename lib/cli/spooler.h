// Events that go to a directory while the server is away, and from there to the server when it is
// back, in order. Between a Sender and its Publisher. Loop thread only.
//
//   storing    the server is away: events are added to the spool
//   draining   it is here: what waits in the spool goes first, and new events wait
//   direct     the spool is empty: events go to the publisher
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/posix_fs.h"
#include "cli/spool.h"
#include "client/publisher.h"
#include "net/loop.h"

namespace sio::cli {

class SpoolerEvents {
 public:
  virtual ~SpoolerEvents() = default;
  // Events can be taken again, or what was added is on disk.
  virtual void on_spool_ready() = 0;
  // Something is in the way of the events in the spool: they stay there, and nothing goes on.
  virtual void on_spool_stuck(const Error& error) = 0;
  // Something was not as it should be in the spool, `lost` events were; the rest goes on.
  virtual void on_spool_damage(const std::string& what, bool lost) = 0;
  // An event for this namespace is next. False: not before it is joined.
  virtual bool on_spool_namespace(std::string_view ns) = 0;
};

class Spooler final : private net::Timer::Handler, private SpoolVisitor {
 public:
  // `publisher_name`: what the publisher's events have their keys from. References outlive this.
  Spooler(net::Loop& loop, std::string directory, client::Publisher& publisher,
          std::string publisher_name, SpoolerEvents& events);
  ~Spooler() override { static_cast<void>(spool_.close()); }

  // The server is away. What the publisher has no receipt for goes to the spool first.
  void go_away();
  // It is here again.
  void come_back();

  // Whether an event can be taken: by add() when storing, by the publisher when direct. If not,
  // on_spool_ready() follows.
  bool ready();
  // Nothing that was added, or is in the spool while the server is here, is still to be done.
  bool settled() const;
  bool is_storing() const { return state_ == State::storing; }
  bool is_direct() const { return state_ == State::direct; }
  // Storing and ready only.
  Status add(const client::Outgoing& event);
  // After a burst of add(): puts it on disk.
  void flush();
  // How many events of this run are in the directory for later.
  std::uint64_t stored() const { return stored_; }

  // Draining: receipts came, or a namespace was joined.
  void go_on();

 private:
  enum class State { idle, storing, draining, direct };

  void on_timer(net::Timer&) override;
  bool on_spooled(const SpooledEvent& event) override;
  void on_spool_lost(std::uint64_t count) override;

  bool take_turn();
  void on_turn();
  bool take_back();
  void note_settled();
  void finish_draining();
  void close();
  void stuck(const Error& error);
  std::string next_key();

  PosixFs fs_;
  net::Loop& loop_;
  client::Publisher& publisher_;
  std::string publisher_name_;
  SpoolerEvents& events_;
  Spool spool_;
  net::Timer turn_;  // another process has the spool, or should get a chance to
  TimePoint opened_at_{};
  State state_ = State::idle;
  bool is_here_ = false;  // the server
  bool is_stuck_ = false;
  std::deque<client::GivenBack> given_back_;
  store::Seq next_ = 0;                // draining: to be read next
  std::deque<store::Seq> submitted_;   // draining: not settled yet
  std::uint64_t first_submitted_ = 0;  // its number with the publisher
  std::uint64_t next_key_ = 0;
  std::uint64_t stored_ = 0;
};

}  // namespace sio::cli

// Events from the command line or stdin to the server, as fast as it takes them: what emit and join
// have in common. Reads no more input than the publisher's window holds, reconnects and resends
// with it, counts what went wrong. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cli/event_builder.h"
#include "cli/line_feed.h"
#include "cli/session.h"
#include "cli/spooler.h"
#include "cli/talk.h"
#include "client/client.h"
#include "client/publisher.h"

namespace sio::cli {

enum class Input {
  none,        // one event, as it was typed
  everything,  // one event; all of stdin is its last argument
  lines,       // an event per line of stdin
  records,     // NDJSON records on stdin
};

struct SenderOptions {
  EventTemplate common;
  Input input = Input::none;
  LineFeed::Source* source = nullptr;  // of lines and records; null: stdin. Outlives the sender
  bool rooms_need_sio = true;          // false: other servers are told about rooms in another way
  bool wait_for_acks = false;
  std::optional<Duration> patience;
  std::optional<std::uint64_t> rate;  // events per second, at most
  std::uint64_t retries = 0;
  char delimiter = '\n';   // ends a line of input
  std::string key;         // --id: of one event; of a line, with its number behind it
  std::string publisher;   // what a sio server is told as Hello::publisher
  std::string spool;       // a directory for events while the server is away
  Duration away_after{0};  // how long the first connection is waited for before that
};

class SenderEvents {
 public:
  virtual ~SenderEvents() = default;
  // All input was read, and every event has met its fate.
  virtual void on_all_settled() = 0;
  // With wait_for_acks.
  virtual void on_answer(const client::Answer&) {}
  // A record that answers an event. False: nothing asks for it.
  virtual bool on_ack_record(const InputRecord&) { return true; }
};

class Sender final : private client::PublisherEvents,
                     private LineFeedEvents,
                     private SpoolerEvents,
                     private net::Timer::Handler {
 public:
  // All references outlive the sender.
  Sender(Session& session, const Talk& talk, SenderOptions options, SenderEvents& events);

  // To be told of everything that a Client tells.
  void joined(const client::Joined& joined);
  void lost(const client::Lost& lost);
  void refused(const client::ClientEvents::Refusal& refusal);
  void acknowledged(const client::ReceivedAck& ack);
  void ponged();

  // Events whose fate is open.
  std::size_t in_flight() const { return publisher_.in_flight(); }
  // Events with a receipt so far.
  std::uint64_t confirmed() const { return publisher_.confirmed(); }
  // Events that went to the spool, for a later run or until the server was back.
  std::uint64_t spooled() const { return spooler_ ? spooler_->stored() : 0; }
  bool is_away() const { return spooler_ && spooler_->is_storing(); }
  // What became of all events so far; the message was told when it happened.
  client::Outcome outcome() const;

 private:
  void on_answer(const client::Answer& answer) override { events_.on_answer(answer); }
  void on_refused(std::uint64_t line, const proto::Refusal& refusal) override;
  void on_unconfirmed(std::size_t count, bool lost) override;
  bool on_line(std::string_view line, std::uint64_t number) override;
  void on_bad_line(std::uint64_t number, const Error& error) override;
  void on_lines_given() override;
  void on_input_end(const Status& status) override;
  void on_timer(net::Timer& timer) override;

  void on_spool_ready() override;
  void on_spool_stuck(const Error& error) override;
  void on_spool_damage(const std::string& what, bool lost) override;
  bool on_spool_namespace(std::string_view ns) override;

  void start();
  void open_input();
  bool keep(std::string_view line, std::uint64_t number);
  bool take_line(std::string_view line, std::uint64_t number);
  bool take_record(std::string_view line, std::uint64_t number);
  bool namespace_is_ready(const std::string& ns, std::string_view line, std::uint64_t number);
  void submit(const Result<const client::Outgoing*>& built, std::uint64_t number);
  bool may_go_on();
  bool keeps_pace();
  void go_on();
  void arm_deadline();
  void end_if_settled();
  void bad(std::uint64_t number, std::string_view message);
  TimePoint now() const { return session_.loop().now(); }

  Session& session_;
  const Talk& talk_;
  SenderOptions options_;
  SenderEvents& events_;
  EventBuilder builder_;
  client::Publisher publisher_;
  std::unique_ptr<LineFeed> feed_;
  net::Timer deadline_;
  net::Timer pace_;
  TimePoint next_event_at_{};

  std::string store_;  // of a sio server
  std::set<std::string, std::less<>> joined_;
  std::set<std::string, std::less<>> refused_;
  std::optional<Spooler> spooler_;
  TimePoint away_at_{};
  std::string waiting_line_;  // its namespace has not answered yet, or the spool has no place
  std::uint64_t waiting_number_ = 0;
  bool waits_ = false;
  bool started_ = false;
  bool input_ended_ = false;
  bool told_settled_ = false;
  bool told_replaced_ = false;
  std::uint64_t failed_ = 0;
  std::uint64_t forbidden_ = 0;
  std::uint64_t unconfirmed_ = 0;
};

}  // namespace sio::cli

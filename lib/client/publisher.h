// Publishes events and knows what became of each: a bounded window of events on their way, the
// receipts for them, and what to do with them when the connection breaks. Pure: the time is a
// parameter, packets go to a PacketSink. Loop thread only.
//
// What counts as a receipt
//   sio server      the ack that every event asks for: the record is as durable as the server says
//   any other       the answer to a ping behind the event: the server's transport has consumed it
//   wait_for_acks   the ack, whatever the server
//
// When the connection breaks, events without a receipt
//   sio server      are sent again, in their order, when the namespace is joined again. The server
//                   knows them by the publisher's name and their ack id, which stay the same, and
//                   publishes none of them twice
//   any other       have an unknown fate, and are reported so: sending them again could double what
//                   nobody can tell apart, and dropping them in silence would be a lie. Events that
//                   ask for an ack are sent again if there are retries left
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "client/byte_fifo.h"
#include "client/client.h"
#include "client/packet_sink.h"
#include "proto/sio_extension.h"

namespace sio::client {

struct Outgoing {
  std::string_view ns = "/";
  std::string_view event;
  std::string_view args;      // JSON text between the brackets, with placeholders
  bool numeric_name = false;  // `event` is a JSON number, not a string
  const std::vector<std::string>* attachments = nullptr;  // null when there are none
  const std::vector<std::string>* rooms = nullptr;  // null or empty: whoever the server chooses
  std::string_view key;                             // dedupe key; only a sio server is told
  std::uint64_t line = 0;                           // of the input, for messages
};

struct Answer {
  std::uint64_t line = 0;
  std::string_view ns;
  std::string_view event;
  std::string_view args;
  const std::vector<std::string>* attachments = nullptr;
  Duration round_trip{0};
};

class PublisherEvents {
 public:
  virtual ~PublisherEvents() = default;
  // wait_for_acks only: an ack that is no refusal.
  virtual void on_answer(const Answer&) {}
  // The server said no to this event.
  virtual void on_refused(std::uint64_t line, const proto::Refusal& refusal) = 0;
  // No receipt came in time (`lost` false), or the connection broke first (`lost` true).
  virtual void on_unconfirmed(std::size_t count, bool lost) = 0;
};

struct PublisherOptions {
  bool wait_for_acks = false;
  // With each receipt: from the (last) sending on, and, unless answers are waited for, from the
  // receipt before it on, since a server that is slow gives them in order, one behind the other.
  Duration patience = std::chrono::seconds(10);
  std::uint64_t retries = 0;  // how often an event is sent again whose ack does not come in time
  std::string name;           // what a sio server was told as Hello::publisher
  std::size_t max_events = 65'536;  // the window
  std::size_t max_bytes = 8u << 20;
};

// An event that is taken back from a publisher.
struct GivenBack {
  std::string ns;
  std::string event;
  std::string args;
  std::vector<std::string> attachments;
  std::vector<std::string> rooms;
  std::string key;  // that a sio server knows it by, if it has seen it
  bool numeric_name = false;

  // Good as long as this one.
  Outgoing view() const {
    return {.ns = ns,
            .event = event,
            .args = args,
            .numeric_name = numeric_name,
            .attachments = attachments.empty() ? nullptr : &attachments,
            .rooms = &rooms,
            .key = key};
  }
};

class Publisher {
 public:
  // `sink` and `events` outlive the publisher.
  Publisher(PacketSink& sink, PublisherEvents& events, PublisherOptions options);

  // Whether the window takes another event. A single event may pass max_bytes.
  bool has_room() const;
  // Half of the window is free: a good moment to go on after it was full.
  bool has_plenty_of_room() const;
  // Whether the namespace was on a sio server when it was joined last.
  bool is_sio(std::string_view ns) const;
  // Nothing is on its way.
  bool idle() const { return entries_.empty(); }
  std::size_t in_flight() const { return entries_.size(); }
  // Events with a receipt so far.
  std::uint64_t confirmed() const { return confirmed_; }

  // The namespace answered: submit() may name it from now on, and what waits for it is sent.
  void joined(std::string_view ns, bool is_sio, TimePoint now);
  // The connection broke; every namespace must be joined again.
  void lost(TimePoint now);

  // The largest message that the server takes; 0: unknown.
  void set_max_message(std::size_t bytes) { max_message_ = bytes; }
  // Sends the event now, or when its namespace is joined again. False: it is larger than what the
  // server takes, message_size() bytes; nothing was sent. Requires: has_room(), and that the
  // namespace has been joined once. Rooms require is_sio.
  bool submit(const Outgoing& event, TimePoint now);
  std::size_t message_size() const { return message_size_; }
  // After a burst of submit(): asks for the receipts that acks do not bring.
  void flush();

  void acknowledged(const ReceivedAck& ack, TimePoint now);
  void ponged(TimePoint now);

  // Forgets the events that have no receipt yet and returns them, in their order: somebody else
  // will send them. Not while connected.
  std::deque<GivenBack> give_back();
  // The number that the next event gets, and that of the oldest whose fate is open.
  std::uint64_t next_number() const { return first_number_ + entries_.size(); }
  std::uint64_t first_open_number() const { return first_number_; }

  // No more events will be submitted: from now on patience also counts while there is no
  // connection.
  void finish(TimePoint now);
  // When expire() has something to do next.
  TimePoint next_deadline() const;
  void expire(TimePoint now);

 private:
  enum class State : std::uint8_t { waiting, sent, done };
  // What only few events have.
  struct Extra {
    std::string event;
    std::vector<std::string> attachments;
  };
  struct Entry {
    std::string_view message;
    std::uint64_t line = 0;
    TimePoint since{};  // sent, or waiting
    std::unique_ptr<Extra> extra;
    std::uint32_t ns = 0;
    State state = State::waiting;
    bool asks_ack = false;
    std::uint64_t tries = 0;
  };
  struct Namespace {
    std::string name;
    bool joined = false;
    bool is_sio = false;
  };

  std::uint32_t index_of(std::string_view ns);
  void build_message(const Outgoing& event, const Namespace& ns, bool asks_ack);
  std::string_view name_literal(std::string_view event);
  std::size_t largest_part(const Outgoing& event) const;
  void send(Entry& entry, TimePoint now);
  bool may_retry(const Entry& entry) const {
    return entry.asks_ack && entry.tries <= options_.retries;
  }
  // Since when the receipt of an event is waited for.
  TimePoint waiting_since(const Entry& entry) const;
  void retry_overdue(TimePoint now);
  GivenBack given_back(const Entry& entry, std::uint64_t number) const;
  void pop_settled();

  PacketSink& sink_;
  PublisherEvents& events_;
  PublisherOptions options_;
  std::vector<Namespace> namespaces_;
  std::deque<Entry> entries_;  // their numbers, which are also their ack ids, are consecutive
  std::uint64_t first_number_ = 0;
  ByteFifo messages_;
  std::uint64_t confirmed_ = 0;
  TimePoint last_receipt_{};
  std::size_t max_message_ = 0;
  std::size_t message_size_ = 0;
  bool ping_wanted_ = false;  // something was sent that only a ping can confirm
  bool ping_sent_ = false;
  std::uint64_t ping_covers_ = 0;  // numbers below it
  bool finishing_ = false;
  std::string scratch_;
  std::string last_event_;
  std::string last_event_json_;
  proto::EmitRequest request_;
};

}  // namespace sio::client

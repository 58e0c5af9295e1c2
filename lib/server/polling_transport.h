// HTTP long-polling as a Transport: packets out as answers to GET, packets in as bodies of POST.
// Source: the Engine.IO protocol, revisions 4 and 3; protocol and official server agree on what is
// here.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "net/loop.h"
#include "net/transport.h"
#include "proto/engine_payload.h"

namespace sio::server {

class Cors;
class PollingTransport;

// The transports that have something to send at the end of this turn.
class DirtyPolls {
 public:
  void add(PollingTransport& transport) { list_.push_back(&transport); }
  void remove(PollingTransport& transport) { std::erase(list_, &transport); }
  // Answers their polls. Call at the end of the turn, behind everything that sends.
  void flush();

 private:
  std::vector<PollingTransport*> list_;
};

// One session's pair of GET and POST requests. Loop thread only.
//
// Guarantees: one poll and one POST at a time, a second of either ends the session; answers hold at
// most 16 packets and `max_payload` bytes (one larger packet goes alone); what is sent while no
// poll is pending waits. After on_closed() it is silent, and answers whoever still comes.
class PollingTransport final : public net::Transport,
                               private net::HttpObserver,
                               private net::Timer::Handler {
 public:
  struct Packet {
    bool binary = false;
    std::string data;
  };

  // How payloads look to this client.
  struct Dialect {
    proto::EngineRevision revision = proto::EngineRevision::v4;
    bool base64_only = false;  // revision 3: it takes no binary payload
  };

  // All outlive it.
  PollingTransport(net::Loop& loop, const Cors& cors, std::size_t max_payload, DirtyPolls& dirty,
                   net::TransportEvents& events, Dialect dialect);
  ~PollingTransport() override;

  // Requests that belong to this session.
  void on_get(net::HttpExchange& exchange);
  void on_post(net::HttpExchange& exchange);

  // Lets the client stop polling, if it waits and there is nothing to say.
  void release_poll();
  // The session moves elsewhere: what was not sent yet. A poll that is pending is told that this is
  // over; no event follows.
  std::deque<Packet> hand_over();
  void flush();

  void send(const net::FrameRun& run) override;
  std::size_t backlog() const override { return backlog_; }
  void set_drain_mark(std::size_t bytes) override;
  bool writable() const override { return poll_ != nullptr && buffer_.empty() && !closing_; }
  void pause_reading() override { paused_ = true; }
  void resume_reading() override;
  void close(std::uint16_t code) override;
  void abort() override;
  void set_events(net::TransportEvents& events) override { events_ = &events; }
  std::string_view name() const override { return "polling"; }

 private:
  void on_body(net::HttpExchange& exchange, std::string body) override;
  void on_aborted(net::HttpExchange& exchange) override;
  void on_timer(net::Timer& timer) override;

  void receive(std::string_view payload);
  void receive_v3(std::string_view payload, bool binary);
  void deliver(net::MessageKind kind, std::string_view packet);
  void answer_poll(proto::PayloadWriter& writer);
  void answer_poll(std::string_view packet);
  void accept_post(net::HttpExchange& exchange) const;
  void refuse(net::HttpExchange& exchange) const;
  void answer_last_polls();
  proto::PayloadForm form() const;
  void fill(proto::PayloadWriter& writer);
  void answer_with_buffer();
  void mark_dirty();
  void end_requests();
  void break_off(net::CloseReason reason, std::string_view detail);
  void report_later();

  const Cors& cors_;
  std::size_t max_payload_;
  Dialect dialect_;
  DirtyPolls& dirty_;
  net::TransportEvents* events_;
  net::Timer close_timer_;
  net::HttpExchange* poll_ = nullptr;
  net::HttpExchange* post_ = nullptr;       // its body is still to come
  net::HttpExchange* held_post_ = nullptr;  // handled; its answer waits while reading is paused
  std::deque<Packet> buffer_;
  std::size_t backlog_ = 0;
  std::size_t drain_mark_ = 0;
  bool wants_drain_ = false;
  bool is_dirty_ = false;
  bool paused_ = false;
  bool closing_ = false;
  bool closed_ = false;
};

}  // namespace sio::server

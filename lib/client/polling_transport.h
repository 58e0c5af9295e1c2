// HTTP long-polling as a client: a GET that the server holds until it has something to say, and a
// POST whenever there is something to tell it. Loop thread only.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "client/diagnosis.h"
#include "net/connector.h"
#include "net/loop.h"
#include "net/transport.h"

namespace sio::client {

struct PollingTarget {
  net::Endpoint endpoint;
  std::string target;  // "/socket.io/?EIO=4&transport=polling"
  net::HttpHeaders headers;
};

// Opens with a GET without a session. If that is answered by an open packet, on_open() and then
// that packet follow; otherwise on_failed(). Every packet arrives as one message, as it would over
// a WebSocket. At most one GET and one POST are under way.
//
// All of WebSocketEvents are called from the loop, never from a member function, and the last one
// (on_failed, on_closed) outside of everything else: the transport may be destroyed in a later
// turn. Destroying it earlier drops the session without a word.
class PollingTransport final : public net::Transport,
                               private net::TurnListener,
                               private net::Timer::Handler {
 public:
  PollingTransport(net::Loop& loop, net::Connector& connector, PollingTarget target,
                   net::WebSocketEvents& events);
  ~PollingTransport() override;

  void send(const net::FrameRun& run) override;
  using net::Transport::send;
  std::size_t backlog() const override { return queued_bytes_ + posted_bytes_; }
  void set_drain_mark(std::size_t bytes) override;
  bool writable() const override { return queue_.empty() && post_ == nullptr; }
  // The proof is the `ok` of the POST that carries what was sent before.
  bool send_ping() override;
  void pause_reading() override { paused_ = true; }
  void resume_reading() override { paused_ = false; }
  // Sends what is queued and the packet that closes the session.
  void close(std::uint16_t code = 0) override;
  void abort() override;
  void set_events(net::TransportEvents& events) override { events_ = &events; }
  std::string_view name() const override { return "polling"; }

  // What the server said when it refused a request of the session, if that is why it ended.
  const EngineRefusal& refusal() const { return refusal_; }

 private:
  // Hands the answers of one kind of request to its owner.
  class Answers final : public net::HttpResponseEvents {
   public:
    using Response = void (PollingTransport::*)(net::HttpResponse);
    Answers(PollingTransport& owner, Response response) : owner_(owner), response_(response) {}
    void on_response(net::HttpResponse response) override {
      (owner_.*response_)(std::move(response));
    }
    void on_failed(const net::ConnectFailure& failure) override { owner_.request_failed(failure); }

   private:
    PollingTransport& owner_;
    Response response_;
  };
  struct Item {
    enum class Kind { text, binary, ping } kind = Kind::text;
    std::string bytes;
  };
  enum class State { opening, open, closing, ending, gone };

  void on_turn_end() override;
  void on_timer(net::Timer& timer) override;
  void got_open(const net::HttpResponse& response);
  void got_poll(net::HttpResponse response);
  void got_post(net::HttpResponse response);
  void request_failed(const net::ConnectFailure& failure);
  void deliver(std::string_view payload);
  void deliver_packet(std::string_view packet);
  void start_poll();
  void start_post();
  std::string take_payload();
  void tell_pongs();
  void tell_drained();
  void fail_to_open(net::ConnectFailure failure);
  void end_refused(std::string_view request, const net::HttpResponse& response);
  void end(net::CloseReason reason, std::string detail);

  net::Loop& loop_;
  net::Connector& connector_;
  PollingTarget target_;
  net::WebSocketEvents& opening_events_;
  net::TransportEvents* events_;
  net::Timer timer_;
  Answers poll_answers_;
  Answers post_answers_;
  std::unique_ptr<net::HttpCall> poll_;
  std::unique_ptr<net::HttpCall> post_;
  bool poll_wanted_ = true;  // no GET is under way
  bool post_done_ = false;   // post_ was answered
  State state_ = State::opening;
  bool paused_ = false;
  std::size_t max_payload_ = 0;

  std::deque<Item> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t posted_bytes_ = 0;
  std::size_t pings_posted_ = 0;  // pings whose proof is the answer to post_
  std::size_t drain_mark_ = 0;
  bool drain_wanted_ = false;
  std::string decoded_;

  bool open_failed_ = false;
  net::ConnectFailure failure_;
  net::TransportClosed closed_;
  EngineRefusal refusal_;
};

}  // namespace sio::client

// Goes the whole way to a session with a server, step by step, and tells what each step meets: what
// `sio ping` shows. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "client/diagnosis.h"
#include "client/link.h"
#include "client/trace.h"
#include "net/connector.h"
#include "net/loop.h"
#include "proto/handshake.h"
#include "proto/packet_codec.h"

namespace sio::client {

struct CheckupOptions {
  LinkTarget target;
  std::string ns = "/";
  Duration patience = std::chrono::seconds(10);  // with each step
};

// Something that was seen: a name, and its value as JSON.
struct Fact {
  std::string_view name;
  std::string json;
};

struct LayerReport {
  Layer layer = Layer::dns;
  bool ok = true;
  Duration took{0};
  std::vector<Fact> facts = {};
  Outcome cause = {};  // of a layer that is not ok
};

class CheckupEvents {
 public:
  virtual ~CheckupEvents() = default;
  // In the order of Layer, but for a transport that does not work, which is told when it was tried.
  // A layer that is not ok need not be the end: with a choice of transports one will do.
  virtual void on_layer(const LayerReport& report) = 0;
  // There is a session, by this transport: round trips can be measured.
  virtual void on_ready(std::string_view transport) = 0;
  virtual void on_round_trip(Duration took) = 0;
  // There is no session, or no longer. Last.
  virtual void on_failed(const Diagnosis& diagnosis) = 0;
  // After leave(). Last.
  virtual void on_left() = 0;
};

// The steps: a session by polling is opened, used once, and changed to a WebSocket; then one by
// WebSocket, as the other commands open it, which joins the namespace (one by polling, if there is
// no WebSocket). What the target's choice of transport excludes is not tried. All references
// outlive it. No event comes from within a member function but note().
class Checkup final : private LinkEvents,
                      private net::HttpResponseEvents,
                      private net::WebSocketEvents,
                      private net::Timer::Handler {
 public:
  Checkup(net::Loop& loop, net::Connector& connector, CheckupOptions options,
          net::HttpHeaders headers, std::string auth, CheckupEvents& events, Trace* trace);
  ~Checkup() override;

  void start();
  // What the connector's watcher is told.
  void note(const net::StageDone& done);
  // Asks the server for a sign of life: a WebSocket ping, or on polling a POST. on_round_trip()
  // follows, or on_failed(). After on_ready(), one at a time.
  void measure();
  // Ends the session in good order.
  void leave();

 private:
  enum class Step {
    poll,     // GET, which opens a session
    post,     // POST to it
    upgrade,  // its WebSocket
    open,     // a session of the link
    join,     // CONNECT
    ready,
    leaving,
    over,
  };

  // The session by polling
  void on_response(net::HttpResponse response) override;
  void on_failed(const net::ConnectFailure& failure) override;
  // Its WebSocket
  void on_open(net::Transport& transport) override;
  void on_message(net::MessageKind kind, std::string_view bytes) override;
  void on_drained() override {}
  void on_closed(const net::TransportClosed& closed) override;
  // The session that stays
  void on_link_open() override;
  void on_link_text(std::string_view message) override;
  void on_link_binary(std::string_view) override {}
  void on_link_drained() override {}
  void on_link_pong() override;
  void on_link_down(const LinkDown& down) override;

  void on_timer(net::Timer& timer) override;

  void begin(Step step);
  void poll();
  void got_poll(const net::HttpResponse& response);
  void got_post(const net::HttpResponse& response);
  void no_polling(Diagnosis why);
  void upgrade();
  void send_to_upgraded(std::string_view packet);
  void upgraded();
  void no_upgrade(const Diagnosis& why);
  void drop_polling_session();
  void open_session(TransportChoice choice);
  void join();
  void got_connect(std::string_view payload);
  void got_connect_error(std::string_view payload);

  void tell_unjudged();
  void engine_done(const proto::OpenPacket& open);
  void pass(Layer layer, std::vector<Fact> facts = {});
  void tell(LayerReport report);
  void tell_failure(const Diagnosis& why, std::vector<Fact> facts = {});
  void release(Layer end);
  void fail(const Diagnosis& why, std::vector<Fact> facts = {});
  void say(std::string_view step) const;
  void show(Direction direction, std::string_view packet) const;
  Duration lap();

  net::Loop& loop_;
  net::Connector& connector_;
  CheckupOptions options_;
  net::HttpHeaders headers_;
  std::string auth_;
  CheckupEvents& events_;
  Trace* trace_;
  net::Timer timer_;
  SystemClock clock_;

  Step step_ = Step::poll;
  TimePoint lap_began_{};
  bool first_connection_done_ = false;
  // TLS may still want a certificate of ours, and HTTP may answer with an error: they are told when
  // the answer has been judged.
  std::vector<LayerReport> unjudged_;
  bool engine_told_ = false;
  std::optional<Diagnosis> no_polling_;  // told behind the layers that it comes after
  std::vector<LayerReport> withheld_;    // until a WebSocket's first answer shows the version
  bool withhold_ = false;

  std::unique_ptr<net::HttpCall> call_;
  std::unique_ptr<net::HttpCall> farewell_;
  std::unique_ptr<net::Connector::Attempt> attempt_;
  net::Transport* upgraded_ = nullptr;
  std::optional<proto::OpenPacket> polling_session_;
  bool polling_works_ = false;
  std::unique_ptr<Link> websocket_;
  std::unique_ptr<Link> polling_;
  Link* link_ = nullptr;  // the one of them that is in use
  proto::PacketDecoder decoder_;
  TimePoint ping_began_{};
};

}  // namespace sio::client

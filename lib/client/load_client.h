// One client of a load generator: a connection and a namespace on it, made and ended as often as
// one likes. Lighter than a Client: it holds nothing back and resumes nothing. Loop thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "client/link.h"
#include "proto/packet_codec.h"

namespace sio::client {

class LoadClient;

enum class LoadClientState : std::uint8_t { down, connecting, joined, closing };

class LoadClientEvents {
 public:
  virtual ~LoadClientEvents() = default;
  // The server has answered CONNECT; `reply` is its payload.
  virtual void on_load_joined(LoadClient& client, std::string_view reply) = 0;
  // A packet, as it is: an event or an ack.
  virtual void on_load_text(LoadClient& client, std::string_view message) = 0;
  virtual void on_load_binary(LoadClient& client, std::string_view bytes) = 0;
  virtual void on_load_pong(LoadClient& client) = 0;
  // There is no connection any more, or none was made: the client was in state `was`. It may be
  // connected again.
  virtual void on_load_down(LoadClient& client, LoadClientState was, const LinkDown& down) = 0;
};

class LoadClient final : private LinkEvents {
 public:
  using State = LoadClientState;

  // All references outlive the client.
  LoadClient(net::Loop& loop, net::Connector& connector, const LinkTarget& target,
             const std::string& ns, std::uint32_t index, proto::PacketDecoder& decoder,
             LoadClientEvents& events, Trace* trace);

  // Which of the clients this is.
  std::uint32_t index() const { return index_; }
  State state() const { return state_; }
  // When connect() was called.
  TimePoint connect_began() const { return connect_began_; }

  // While down. `auth` is what CONNECT carries. on_load_joined() or on_load_down() follows.
  void connect(net::HttpHeaders headers, std::string auth, TimePoint now);
  // Leaves in good order; on_load_down() follows.
  void close();
  void drop(Outcome cause);

  // While joined.
  void send(std::string_view message) { link_.send_text(message); }
  bool send_ping() { return link_.send_ping(); }
  std::size_t max_message() const { return link_.session().max_payload; }
  std::string_view transport_name() const { return link_.transport_name(); }

 private:
  void on_link_open() override;
  void on_link_text(std::string_view message) override;
  void on_link_binary(std::string_view bytes) override { events_.on_load_binary(*this, bytes); }
  void on_link_drained() override {}
  void on_link_pong() override { events_.on_load_pong(*this); }
  void on_link_down(const LinkDown& down) override;
  void got_answer(std::string_view message);

  Link link_;
  const std::string& ns_;
  const LinkTarget& target_;
  proto::PacketDecoder& decoder_;
  LoadClientEvents& events_;
  std::string auth_;
  TimePoint connect_began_{};
  std::uint32_t index_;
  State state_ = State::down;
};

}  // namespace sio::client

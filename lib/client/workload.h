// What the clients of a load do: one class per mode, driven by a Load. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "client/load_client.h"
#include "client/load_messages.h"
#include "client/load_report.h"
#include "client/outcome.h"
#include "proto/sio_extension.h"

namespace sio::client {

enum class LoadMode { connect, echo, fanout, publish, replay };

// What a workload has of its Load. `now` is exact.
class LoadHost {
 public:
  virtual ~LoadHost() = default;
  virtual std::size_t client_count() const = 0;
  virtual LoadClient& client(std::uint32_t index) = 0;
  virtual LoadReport& report() = 0;
  virtual LoadMessages& messages() = 0;
  virtual TimePoint now() const = 0;
  // Makes a connection; on_load_joined or down follows, in a later turn.
  virtual void connect(LoadClient& client) = 0;
  virtual void send(LoadClient& client, std::string_view message) = 0;
  // An operation, or one delivery of it, has come to its end, and when it began.
  virtual void measured(TimePoint start, TimePoint now) = 0;
  // An operation has met its fate: there may be room for another.
  virtual void settled(TimePoint now) = 0;
  // Nothing can go on: the load ends.
  virtual void give_up(Outcome outcome) = 0;
};

class Workload {
 public:
  virtual ~Workload() = default;
  // How many connections `clients` of this mode need.
  virtual std::size_t connections(std::size_t clients) const { return clients; }
  // True: making connections is what is measured, so none is kept when the load begins.
  virtual bool connects() const { return false; }
  // What a sio server is asked for.
  virtual proto::Hello hello() const;
  // The first connection stands, and the server says this (null: it is none of ours). An outcome:
  // it cannot take such a load.
  virtual std::optional<Outcome> meet(const proto::Welcome* welcome);

  // All connections stand. False: there is nothing to try out. True: try_out() has begun an
  // operation that shows whether this server answers at all; it ends in settled().
  virtual bool try_out() { return false; }
  // What to say if it does not.
  virtual Outcome nothing_came() const { return {}; }

  // Before the first begin(). `window`: operations of each client at one time; 0: no limit.
  virtual void prepare(std::size_t window) = 0;
  // One more operation, whose time counts from `start`. False: not before one has settled.
  virtual bool begin(TimePoint start) = 0;
  // Operations whose fate is open.
  virtual std::size_t open() const = 0;
  // Those that began before `limit` are not waited for any longer.
  virtual void expire(TimePoint limit) = 0;

  virtual void joined(LoadClient& client) { static_cast<void>(client); }
  virtual void text(LoadClient& client, std::string_view message) = 0;
  virtual void pong(LoadClient& client) { static_cast<void>(client); }
  virtual void down(LoadClient& client) = 0;
  virtual void end_turn() {}
};

// The host outlives it.
std::unique_ptr<Workload> make_workload(LoadHost& host, LoadMode mode);

// Which client is next: in turn, or whoever has room. For the modes with a window.
class ClientTurns {
 public:
  // `window`: how many operations of each at one time; 0: any number.
  void prepare(std::size_t clients, std::size_t window);
  // The next one; nothing while nobody has room.
  std::optional<std::uint32_t> take();
  // It has room for one more.
  void give_back(std::uint32_t client);
  // It takes no more part.
  void remove(std::uint32_t client);
  bool nobody_left() const { return left_ == 0; }

 private:
  std::vector<bool> gone_;
  std::deque<std::uint32_t> ready_;
  std::size_t left_ = 0;
  bool limited_ = false;
};

}  // namespace sio::client

// A thread that has connections of a threaded server, and what is there of each. Everything is of
// the worker's thread unless said otherwise. The other side of it all is in remote.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/batch.h"
#include "net/http.h"
#include "net/http_intake.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/remote.h"
#include "net/severable.h"
#include "net/transport.h"

namespace sio::net {

class Outlet;

class Worker final : private HttpHandler, private TurnListener {
 public:
  // Home thread. `home` outlives it. Errors: the loop, or the TLS files.
  static Result<std::unique_ptr<Worker>> create(HomeEnd& home, const HttpServerOptions& options);
  // Home thread, behind stop(). Drops the connections; nobody is told.
  ~Worker() override;
  // Home thread, before start().
  void share_sessions(Worker& other) { intake_->share_sessions(*other.intake_); }
  // Home thread. stop() returns when all that was sent here is done.
  void start();
  void stop();
  // Home thread: there is something in the lane.
  void wake();

  void adopt(Accepted accepted);
  void reload_tls();

  // For home. Goes at the end of the turn.
  Batch& mail() { return home_.link().to_home.batch(); }
  // A message for home, which is waited for when it is far behind: then nobody is read from.
  void deliver(Addressee& to, MessageKind kind, std::string_view bytes);
  HomeEnd& home() { return home_; }
  void own(Severable& thing) { things_.add(thing); }
  // `outlet` was written to: it reports when that has gone out, as far as it did.
  void touch(Outlet& outlet);
  void forget(const Outlet& outlet);

 private:
  Worker(HomeEnd& home, std::unique_ptr<Loop> loop);

  void on_request(HttpExchange& exchange) override;
  UpgradeAnswer on_upgrade(const HttpRequest& request) override;
  void on_turn_end() override;

  void run();
  void execute();
  void execute(std::deque<std::unique_ptr<Batch>>& batches);
  void send_mail();
  void wait_for_home();
  // Goes on with what home sends until `is_over`, called with the meeting's mutex held, is true.
  // False: it is too late for that, or the server is going.
  bool wait_until(const std::function<bool()>& is_over,
                  std::chrono::steady_clock::time_point deadline);
  bool is_answered(UpgradeQuestion& question);

  HomeEnd& home_;
  std::unique_ptr<Loop> loop_;
  std::vector<Outlet*> touched_;
  SeverList things_;
  std::unique_ptr<HttpIntake> intake_;
  std::size_t adopted_ = 0;
  std::size_t gone_told_ = 0;
  bool executing_ = false;
  std::thread thread_;
};

// What home writes to: reports how much of it the kernel does not take.
class Outlet : public Addressee, public Severable {
 public:
  // Home wants to know when at most `bytes` wait.
  void set_drain_mark(std::size_t bytes);
  // What was written has been flushed.
  void report();

 protected:
  explicit Outlet(Worker& worker) : worker_(worker) {}
  ~Outlet() override { worker_.forget(*this); }
  // There is something to write to.
  virtual bool is_open() const = 0;
  virtual std::size_t waiting() const = 0;
  virtual void arm(std::size_t mark) = 0;
  virtual RemoteOutlet& remote() = 0;
  // The mark that was armed was reached.
  void on_room();
  void wrote() { worker_.touch(*this); }

  Worker& worker_;

 private:
  friend class Worker;
  void tell(std::size_t waiting, bool drained);

  std::optional<std::size_t> mark_;  // home's
  std::size_t told_ = 0;
  bool touched_ = false;
};

class WorkerSocket final : public Outlet, public TransportEvents {
 public:
  explicit WorkerSocket(Worker& worker) : Outlet(worker) {}
  ~WorkerSocket() override = default;
  void set_remote(RemoteSocket& remote) { remote_ = &remote; }

  // What home says.
  void on_bytes(MessageKind kind, std::string_view bytes) override;
  void send_ping();
  void pause_reading();
  void resume_reading();
  void close(std::uint16_t code);
  void abort();
  void release() { delete this; }

  void sever() override { delete this; }

 private:
  void on_open(Transport& transport) override;
  void on_message(MessageKind kind, std::string_view bytes) override;
  void on_drained() override { on_room(); }
  void on_pong() override;
  void on_closed(const TransportClosed& closed) override;
  bool is_open() const override { return transport_ != nullptr; }
  std::size_t waiting() const override { return transport_->backlog(); }
  void arm(std::size_t mark) override { transport_->set_drain_mark(mark); }
  RemoteOutlet& remote() override { return *remote_; }

  RemoteSocket* remote_ = nullptr;
  Transport* transport_ = nullptr;  // between on_open() and on_closed()
};

class WorkerExchange final : private HttpObserver, public Severable {
 public:
  WorkerExchange(Worker& worker, HttpExchange& exchange);
  // Home's part of it, which is home's from here on.
  std::unique_ptr<RemoteExchange> take_remote() { return std::move(not_yet_shown_); }

  // What home says.
  void respond(HttpResponse response);
  void stream(HttpResponse response, WorkerStream& onto, std::optional<std::uint64_t> length);
  void destroy();
  void release() { delete this; }

  void sever() override { delete this; }

 private:
  ~WorkerExchange() override = default;
  void on_body(HttpExchange& exchange, std::string body) override;
  void on_aborted(HttpExchange& exchange) override;
  void finish();

  Worker& worker_;
  HttpExchange* exchange_;  // null: the client has gone
  std::unique_ptr<RemoteExchange> not_yet_shown_;
  RemoteExchange* remote_;
};

class WorkerStream final : public Outlet, public HttpStreamEvents {
 public:
  // Home thread.
  WorkerStream(Worker& worker, RemoteStream& remote) : Outlet(worker), remote_(remote) {}
  ~WorkerStream() override = default;
  // It begins; null: its client has gone already.
  void begin(HttpStream* stream);
  HttpStreamEvents& events() { return *this; }

  // What home says.
  void on_bytes(MessageKind kind, std::string_view bytes) override;
  void end(bool complete);
  void release() { delete this; }

  void sever() override { delete this; }

 private:
  void on_drained() override { on_room(); }
  void on_closed() override;
  bool is_open() const override { return stream_ != nullptr; }
  std::size_t waiting() const override { return stream_->backlog(); }
  void arm(std::size_t mark) override { stream_->set_drain_mark(mark); }
  RemoteOutlet& remote() override { return remote_; }

  RemoteStream& remote_;
  HttpStream* stream_ = nullptr;
};

}  // namespace sio::net

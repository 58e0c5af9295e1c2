// What the users of a threaded server have in their hands: stand-ins for what lives on a worker's
// thread. Home thread only: that of the loop which the server was made with.
//
// A stand-in and what it stands for each know where the other is. Whatever one of them says goes by
// a lane, so it may find that the other has just ended; but both are destroyed only when each knows
// of the end from the other, and nothing can follow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "net/http.h"
#include "net/http_server.h"
#include "net/in_flight.h"
#include "net/lane.h"
#include "net/loop.h"
#include "net/loop_impl.h"
#include "net/severable.h"
#include "net/transport.h"

namespace sio::net {

class RemoteExchange;
class RemoteSocket;
class Worker;
class WorkerExchange;
class WorkerSocket;
class WorkerStream;

// A request, kept.
class StoredRequest final : public HttpRequest {
 public:
  // Of a request whose headers can all be found still.
  explicit StoredRequest(const HttpRequest& request);

  std::string_view method() const override { return method_; }
  std::string_view target() const override { return target_; }
  std::string_view header(std::string_view name) const override;
  const HttpHeaders& headers() const override { return headers_; }
  std::string_view peer_address() const override { return peer_; }
  bool secure() const override { return secure_; }
  bool is_local() const override { return is_local_; }

 private:
  std::string method_;
  std::string target_;
  HttpHeaders headers_;
  std::string peer_;
  bool secure_;
  bool is_local_;
  mutable HttpHeaders joined_;  // of headers that came more than once
};

// A worker asks what to do with an upgrade, and waits.
struct UpgradeQuestion {
  StoredRequest request;
  WorkerSocket& socket;
  // Guarded by the meeting's mutex.
  std::optional<std::variant<HttpHeaders, HttpResponse>> answer;  // headers: granted
  RemoteSocket* remote = nullptr;                                 // then
  bool abandoned = false;                                         // nobody waits any more
};

// What the two threads share.
struct Link {
  Meeting meeting;
  Lane to_worker{meeting};
  Lane to_home{meeting};
  bool stopping = false;  // guarded by the meeting's mutex
};

// Who drives the home ends of all workers.
class HomeEvents {
 public:
  virtual ~HomeEvents() = default;
  // Something has come from a worker, or come back.
  virtual void on_news() = 0;
  // Something was sent to a worker.
  virtual void on_sent() = 0;
};

// The home end of the lanes from and to one worker, which it owns.
class HomeEnd final : private TurnOutput {
 public:
  // All outlive it.
  HomeEnd(Loop& loop, HttpHandler& handler, HomeEvents& events);
  ~HomeEnd() override;
  // Makes the worker; its thread is to be started. Errors: its loop, or the TLS files.
  Status open(const HttpServerOptions& options);
  // Sends what there is, and ends the thread when it has dealt with it. Before the destructor.
  void stop();

  Worker& worker() { return *worker_; }
  // For the worker. Goes at the end of the turn.
  Batch& mail();
  // Numbers of batches, for InFlight.
  std::uint64_t present() const { return link_.to_worker.present(); }
  std::uint64_t done() const { return link_.to_worker.done(); }
  // What of it the worker has not dealt with.
  std::size_t outstanding() const { return link_.to_worker.outstanding(); }
  // Looks how far the worker is. If more than `limit` is outstanding, on_news() follows when it is
  // less.
  void look() { link_.to_worker.collect(); }
  void look_or_ask(std::size_t limit) { link_.to_worker.collect_or_ask(limit); }

  // Does what is next of what the worker has sent. False: there is no more.
  bool step();

  HttpHandler& handler() { return handler_; }
  void own(Severable& thing) { things_.add(thing); }
  void answer(UpgradeQuestion& question);
  // Connections that the worker was given, and has had no more, so far.
  void count_given() { ++given_; }
  void set_gone(std::size_t gone) { gone_ = gone; }
  std::size_t connections() const { return given_ - gone_; }

  // The worker's thread: there is something in the lane, or something asked for has come back.
  void wake();
  Link& link() { return link_; }

 private:
  void flush_turn(std::span<char> scratch) override;
  void receive();
  bool is_abandoned(const UpgradeQuestion& question);

  Loop& loop_;
  HttpHandler& handler_;
  HomeEvents& events_;
  Link link_;
  SeverList things_;
  std::unique_ptr<Worker> worker_;
  std::deque<std::unique_ptr<Batch>> arrived_;
  std::size_t given_ = 0;
  std::size_t gone_ = 0;
  std::shared_ptr<HomeEnd*> self_;  // what it points to is null when this is no more
};

// The home side of what is written to on a worker's thread: knows how much has not gone out yet.
class RemoteOutlet {
 public:
  // The worker has looked: so much waits for the kernel, and the mark was reached or not.
  void on_report(std::size_t waiting, bool drained);

 protected:
  explicit RemoteOutlet(HomeEnd& home) : home_(home) {}
  ~RemoteOutlet() = default;
  virtual void tell_drained() = 0;

  void count(std::size_t bytes);
  std::size_t all() const;
  // While the kernel takes everything, what is on its way to the worker does not wait.
  std::size_t slow() const { return waiting_ == 0 ? 0 : all(); }

  HomeEnd& home_;

 private:
  InFlight flight_;
  std::size_t waiting_ = 0;
};

class RemoteSocket final : public Transport,
                           public Addressee,
                           public RemoteOutlet,
                           public Severable {
 public:
  RemoteSocket(HomeEnd& home, WorkerSocket& there, TransportEvents& events);

  using Transport::send;
  void send(const FrameRun& run) override;
  std::size_t backlog() const override { return all(); }
  std::size_t waiting() const override { return slow(); }
  void set_drain_mark(std::size_t bytes) override;
  bool writable() const override { return !closing_ && slow() == 0; }
  bool send_ping() override;
  void pause_reading() override;
  void resume_reading() override;
  void close(std::uint16_t code) override;
  void abort() override;
  void set_events(TransportEvents& events) override { events_ = &events; }
  std::string_view name() const override { return "websocket"; }

  // The worker is about to open it.
  void on_open() { events_->on_open(*this); }
  // What the worker says.
  void on_bytes(MessageKind kind, std::string_view bytes) override;
  void on_pong();
  void on_closed(TransportClosed closed);
  // Nobody has waited for the answer that granted it.
  void on_abandoned();

  void sever() override { delete this; }

 private:
  ~RemoteSocket() override = default;
  void tell_drained() override;

  WorkerSocket& there_;
  TransportEvents* events_;
  bool closing_ = false;
};

class RemoteExchange final : public HttpExchange, public Severable {
 public:
  // On the worker's thread.
  RemoteExchange(HomeEnd& home, WorkerExchange& there, const HttpExchange& exchange);
  ~RemoteExchange() override = default;
  // Shows it to the handler. From here on it belongs to itself.
  void begin();

  const HttpRequest& request() const override { return request_; }
  bool expects_body() const override { return body_coming_; }
  void set_observer(HttpObserver* observer) override { observer_ = observer; }
  void respond(HttpResponse response) override;
  HttpStream& stream(HttpResponse response, HttpStreamEvents& events,
                     std::optional<std::uint64_t> length) override;
  void destroy() override;

  // What the worker says.
  void on_body(std::string body);
  void on_aborted();
  void on_finished() { delete this; }  // it has done what the handler wanted

  void sever() override { delete this; }

 private:
  HomeEnd& home_;
  WorkerExchange& there_;
  StoredRequest request_;
  HttpObserver* observer_ = nullptr;
  bool body_coming_;
  bool over_ = false;  // the handler has answered, or heard that it need not
};

class RemoteStream final : public HttpStream, public RemoteOutlet, public Severable {
 public:
  RemoteStream(HomeEnd& home, HttpStreamEvents& events);
  WorkerStream& there() { return there_; }

  void write(std::string_view bytes) override;
  std::size_t backlog() const override { return all(); }
  std::size_t waiting() const override { return slow(); }
  void set_drain_mark(std::size_t bytes) override;
  void abort() override;
  void end() override;

  // What the worker says.
  void on_closed();
  void on_finished() { delete this; }  // it has ended the stream, as it was told

  void sever() override { delete this; }

 private:
  ~RemoteStream() override = default;
  void tell_drained() override;

  WorkerStream& there_;
  HttpStreamEvents* events_;  // null behind end() and abort()
};

}  // namespace sio::net

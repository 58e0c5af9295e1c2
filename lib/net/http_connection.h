// One connection of the HTTP server, until it closes or becomes a WebSocket. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/http.h"
#include "net/http_message.h"
#include "net/loop.h"
#include "net/loop_impl.h"
#include "net/lws_user.h"
#include "net/severable.h"
#include "net/unique_fd.h"

namespace sio::net {

class ResponseStream;

// What all connections of a server share.
struct HttpService {
  Loop& loop;
  HttpHandler& handler;
  std::size_t max_body;
  std::size_t max_message;
  lws_vhost* vhost = nullptr;
  bool secure = false;
  SeverList connections;
};

// Belongs to itself: lives until libwebsockets has closed it, or has handed it to a WsConnection.
// It is the exchange of its present request and that request, in one object: there is one at a
// time, and a connection that waits costs nothing more.
class HttpConnection final : public Severable,
                             private LwsUser,
                             private HttpExchange,
                             private HttpRequest,
                             private Deferred,
                             private FdWatch::Handler,
                             private Timer::Handler {
 public:
  // Error: there is no room for one more connection.
  static Status open(HttpService& service, UniqueFd socket, std::string peer);

  void sever() override;

 private:
  enum class State : std::uint8_t {
    head,     // of the next request
    body,     // of this one
    answer,   // the handler's turn
    stream,   // the answer is sent piece by piece
    upgrade,  // to a WebSocket, granted
    closing,  // nothing more is read
  };

  HttpConnection(HttpService& service, std::string peer);
  ~HttpConnection() override;

  int on_lws(lws* wsi, int reason, void* in, std::size_t size) override;
  void on_fd_ready(FdWatch& watch, std::uint32_t events) override;
  void on_timer(Timer& timer) override;
  void run_deferred() override;

  std::string_view method() const override { return head_.method; }
  std::string_view target() const override { return head_.target; }
  std::string_view header(std::string_view name) const override;
  const HttpHeaders& headers() const override;
  std::string_view peer_address() const override { return peer_; }
  bool secure() const override { return secure_; }

  const HttpRequest& request() const override { return *this; }
  bool expects_body() const override { return state_ == State::body; }
  void set_observer(HttpObserver* observer) override { observer_ = observer; }
  void respond(HttpResponse response) override;
  HttpStream& stream(HttpResponse response, HttpStreamEvents& events,
                     std::optional<std::uint64_t> length) override;
  void destroy() override;
  bool is_local() const override;

  void read_head();
  void on_head();
  void on_body(std::string_view bytes);
  void on_body_end();
  int on_upgrade(char* wanted);
  void answer_upgrade();
  HttpResult<void> choose_subprotocol();
  void add_upgrade_headers(void* args);
  void become_websocket();
  void on_sent();
  void on_destroyed();
  void watch_for_room(bool wanted);
  void end_stream(bool complete, bool close);

  void ask_handler();
  void hold();
  void refuse(const HttpRefusal& refusal);
  void send(const HttpResponse& response, bool close);
  void abort();
  void tell_aborted();

  HttpService* service_;  // null: severed
  Loop& loop_;
  lws* wsi_ = nullptr;
  int fd_ = -1;
  bool secure_;
  State state_ = State::head;
  bool exchange_open_ = false;  // the handler has it and has not answered
  bool body_coming_ = false;    // libwebsockets will read one
  std::size_t body_left_ = 0;
  bool lost_input_ = false;  // of requests that were pipelined behind a body
  bool had_request_ = false;
  bool broken_ = false;  // to be closed as soon as may be
  Timer timer_;
  FdWatch watch_;  // of a client whose request is held, or whose answer is streamed
  std::string peer_;
  RequestHead head_;
  mutable HttpHeaders all_headers_;  // once somebody has asked for them
  mutable HttpHeaders found_;        // what header() returned and head_ does not have as it is
  std::string body_;
  HttpObserver* observer_ = nullptr;
  UpgradeAccept accept_;
  friend class ResponseStream;
  std::unique_ptr<ResponseStream> stream_;  // State::stream
};

}  // namespace sio::net

// One connection of the HTTP server, until it closes or becomes a WebSocket. Loop thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "net/http.h"
#include "net/http_parser.h"
#include "net/loop.h"
#include "net/severable.h"
#include "net/stream.h"

namespace sio::net {

// What all connections of a server share.
struct HttpService {
  Loop& loop;
  HttpHandler& handler;
  std::size_t max_body;
  std::size_t max_message;
  SeverList connections;
};

// Belongs to itself: lives until its stream has closed or has been handed to a WsConnection. It is
// the exchange of its present request and that request, in one object: there is one at a time, and
// a connection that waits costs nothing more.
class HttpConnection final : public Severable,
                             private StreamEvents,
                             private HttpExchange,
                             private HttpRequest,
                             private Timer::Handler {
 public:
  HttpConnection(HttpService& service, std::string peer);
  // Gives it its stream. `fd` is a connected socket.
  Status start(UniqueFd fd, std::unique_ptr<TlsSession> tls);

  void sever() override;

 private:
  enum class State { head, body, answer, closing, gone };

  ~HttpConnection() override = default;

  void on_stream_bytes(char* data, std::size_t size) override;
  void on_stream_closed(const StreamEnd& end) override;
  void on_timer(Timer& timer) override;

  std::string_view method() const override { return head_.method; }
  std::string_view target() const override { return head_.target; }
  std::string_view header(std::string_view name) const override;
  const HttpHeaders& headers() const override { return head_.headers; }
  std::string_view peer_address() const override { return peer_; }
  bool secure() const override { return stream_->secure(); }

  const HttpRequest& request() const override { return *this; }
  bool expects_body() const override { return state_ == State::body; }
  void set_observer(HttpObserver* observer) override { observer_ = observer; }
  void respond(HttpResponse response) override;
  void destroy() override;

  // Goes on with what has been read. May delete this.
  void process();
  bool step();
  bool read_head();
  void begin_request();
  bool read_body();
  void end_body();
  void upgrade();
  void become_websocket(UpgradeAccept accept);
  void refuse(const HttpRefusal& refusal);
  void send_response(HttpResponse response, bool close);
  void wait_for_head();
  void limit_input();

  HttpService& service_;
  Stream* stream_ = nullptr;
  Timer timer_;
  State state_ = State::head;
  bool processing_ = false;
  bool exchange_open_ = false;  // the handler has it and has not answered
  std::string peer_;
  std::string input_;
  RequestHead head_;
  mutable std::vector<std::pair<std::string, std::string>> joined_;  // repeated headers looked up
  std::optional<BodyReader> body_;
  HttpObserver* observer_ = nullptr;
};

}  // namespace sio::net

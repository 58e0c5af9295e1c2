// The body of one answer, sent piece by piece. See http.h.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/loop_impl.h"

struct ssl_st;

namespace sio::net {

class HttpConnection;

// Writes to the socket itself: libwebsockets (4.1.6) does not write what it holds back for a
// connection whose reading is switched off, and with its reading on a peer that sends and does not
// read would make the loop spin. Between two answers libwebsockets holds nothing back, so nothing
// gets in between. Belongs to its connection. Loop thread only.
class ResponseStream final : public HttpStream, private TurnOutput, private Deferred {
 public:
  struct Form {
    bool chunked = false;
    bool dropped = false;                 // to HEAD
    bool close = false;                   // the connection ends with it
    std::optional<std::uint64_t> length;  // of the body, in bytes
  };
  // `ssl` null: no TLS.
  ResponseStream(HttpConnection& connection, int fd, ssl_st* ssl, HttpStreamEvents& events,
                 Form form);
  ~ResponseStream() override;

  void write(std::string_view bytes) override;
  std::size_t backlog() const override { return out_.size() + chunk_.size(); }
  void set_drain_mark(std::size_t bytes) override;
  void end() override;
  void abort() override;

  // The head; before anything else.
  void write_head(std::string head);
  // The socket takes bytes again.
  void on_writable();
  // The connection is gone.
  void on_lost();

 private:
  static constexpr std::size_t kNoMark = static_cast<std::size_t>(-1);

  void flush_turn(std::span<char> scratch) override;
  void run_deferred() override;
  bool send_some();
  ssize_t send_once(const char* bytes, std::size_t size);
  void check_drained();

  HttpConnection& connection_;
  int fd_;
  ssl_st* ssl_;
  HttpStreamEvents* events_;  // null behind end() and on_lost()
  Form form_;
  std::string out_;
  std::string chunk_;  // of this turn
  std::uint64_t written_ = 0;
  std::size_t drain_mark_ = kNoMark;
  bool ended_ = false;
  bool blocked_ = false;  // on_writable() follows
  bool broken_ = false;
};

}  // namespace sio::net

// One connected socket: bytes in both directions, with or without TLS. Loop thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/loop_impl.h"
#include "net/outbox.h"
#include "net/tls_session.h"
#include "net/unique_fd.h"

namespace sio::net {

class Stream;

struct StreamEnd {
  bool local = false;  // abort() or finish() was called
  std::string detail;  // for people, may be empty: "Connection reset by peer"
};

class StreamEvents {
 public:
  virtual ~StreamEvents() = default;
  // TLS is ready; for a plain stream this is not called.
  virtual void on_stream_secured() {}
  // Bytes have come, which may be changed in place.
  virtual void on_stream_bytes(char* data, std::size_t size) = 0;
  // backlog() has fallen to the mark.
  virtual void on_stream_drained() {}
  // The stream is deleted when this returns. Everything that could still be read has been.
  virtual void on_stream_closed(const StreamEnd& end) = 0;
};

// Belongs to itself: it lives until its socket is closed and on_stream_closed() has returned. Its
// user may let go of it before that with set_events(nullptr) and abort() or finish().
// No member calls StreamEvents before it returns.
class Stream final : public TurnOutput, public Deferred, public ByteSink, public Timer::Handler {
 public:
  // Takes a connected, non-blocking socket. Error: no room for one more.
  static Result<Stream*> open(Loop& loop, UniqueFd fd, std::unique_ptr<TlsSession> tls,
                              StreamEvents& events);

  void set_events(StreamEvents* events) { events_ = events; }

  // `bytes` stay valid until the end of the turn.
  void send(std::string_view bytes);
  void send_copy(std::string_view bytes);
  void send_copy(std::string&& bytes);
  std::size_t backlog() const;
  void set_drain_mark(std::size_t bytes);
  bool secure() const { return tls_ != nullptr; }

  void pause();
  void resume();
  // Sends what is queued, says that no more comes, and closes when the peer does, or after a few
  // seconds. Bytes still arrive until then. A socket that is closed with unread bytes in it resets
  // the connection, and the peer may lose our last ones: so it has to be done in this order.
  void finish();
  // Closes at once, in a later turn.
  void abort();

  // Called from libwebsockets' callbacks. Not 0: close it.
  int handle_readable(char* data, std::size_t size);
  int handle_writable();
  void handle_close();

 private:
  Stream(Loop& loop, std::unique_ptr<TlsSession> tls, StreamEvents& events);
  ~Stream() override;

  void flush_turn(std::span<char> scratch) override;
  void run_deferred() override;
  Written write(const char* data, std::size_t size) override;
  void on_timer(Timer& timer) override;

  void changed();
  void receive(char* data, std::size_t size);
  void receive_encrypted(std::string_view data);
  void read_rest();
  Written write_socket(const char* data, std::size_t size);
  Written write_encrypted(const char* data, std::size_t size);
  // Sends what TLS has put out; false if not all of it went.
  bool push_encrypted();
  void half_close();
  void check_drained();
  void ask_for_writable();
  void kill();
  void break_off(std::string detail);

  static constexpr std::size_t kNoMark = static_cast<std::size_t>(-1);

  Loop& loop_;
  StreamEvents* events_;
  lws* wsi_ = nullptr;
  int fd_ = -1;  // libwebsockets closes it
  Outbox out_;
  std::unique_ptr<TlsSession> tls_;
  std::string plain_;
  std::unique_ptr<Timer> deadline_;  // of finish()
  std::size_t drain_mark_ = kNoMark;
  std::string detail_;
  bool socket_full_ = false;
  bool asked_ = false;  // for the writable callback
  bool paused_ = false;
  bool local_ = false;  // the end was our wish
  bool finishing_ = false;
  bool half_closed_ = false;
  bool dead_ = false;  // being closed: nothing goes in or out any more
  bool in_callback_ = false;
};

}  // namespace sio::net

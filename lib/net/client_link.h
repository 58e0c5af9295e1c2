// A connection to an endpoint, ready for HTTP: found, connected, encrypted. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/connector.h"
#include "net/dialer.h"
#include "net/stream.h"
#include "net/tls_session.h"

namespace sio::net {

class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  // The stream is the receiver's now: it sets its own events, or lets go of it.
  virtual void on_linked(Stream& stream) = 0;
  virtual void on_link_failed(ConnectFailure failure) = 0;
};

// Destroying it ends the attempt; no event follows.
class ClientLink final : public DialEvents, public StreamEvents {
 public:
  // `tls` is null for plain endpoints and outlives the link.
  ClientLink(Loop& loop, const Endpoint& endpoint, const TlsContext* tls, LinkEvents& events);
  ~ClientLink() override;
  ClientLink(const ClientLink&) = delete;
  ClientLink& operator=(const ClientLink&) = delete;

  // May call the events before it returns.
  void start() { dialer_->start(); }
  // What it waits for, for the message of a time-out.
  ConnectFailure timed_out(Duration after) const;

 private:
  void on_dialed(UniqueFd socket) override;
  void on_dial_failed(ConnectFailure failure) override;
  void on_stream_secured() override;
  void on_stream_bytes(char* data, std::size_t size) override;
  void on_stream_closed(const StreamEnd& end) override;

  Loop& loop_;
  Endpoint endpoint_;
  const TlsContext* tls_;
  LinkEvents& events_;
  std::unique_ptr<Dialer> dialer_;
  Stream* stream_ = nullptr;  // while TLS shakes hands
};

// "20s", "1.5s"
std::string seconds_text(Duration duration);

}  // namespace sio::net

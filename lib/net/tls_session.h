// TLS as a filter between bytes and bytes: no sockets (OpenSSL over memory buffers).
//
// libwebsockets has TLS of its own, but in 4.1.6 not for the raw client connections that we use: it
// starts the handshake on the descriptor -1 before it has connected. And what a certificate is
// refused for never leaves it, where our users need to read just that.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/tls.h"

struct ssl_ctx_st;
struct ssl_st;

namespace sio::net {

// One end of an encrypted connection. Loop thread only.
class TlsSession {
 public:
  // Takes ownership of `ssl`.
  explicit TlsSession(ssl_st* ssl);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Begins the handshake (a client has the first word).
  void start();
  // Takes bytes from the network and appends what they decrypt to. Error: why the connection cannot
  // go on, for people ("self-signed certificate"). There may be output() all the same: the alert.
  Status receive(std::string_view encrypted, std::string& plain);
  // The handshake is done: send() may be called.
  bool open() const { return open_; }
  // The peer has said that it sends no more.
  bool ended() const { return ended_; }
  Status send(std::string_view plain);
  // Says that we send no more.
  void finish();
  // What has to go to the network; the caller takes it off.
  std::string& output() { return output_; }

 private:
  Status shake_hands();
  Status read_plain(std::string& plain);
  void collect_output();
  std::string failure() const;

  ssl_st* ssl_;
  bool open_ = false;
  bool ended_ = false;
  std::string output_;
};

// Certificates and keys, shared by the sessions of a server or a client.
class TlsContext {
 public:
  // Errors: a file that cannot be read or does not fit, with its name.
  static Result<std::unique_ptr<TlsContext>> server(const TlsServerOptions& options);
  static Result<std::unique_ptr<TlsContext>> client(const TlsClientOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  std::unique_ptr<TlsSession> accept() const;
  // `host` is what the certificate must be for: a name or an IP address.
  std::unique_ptr<TlsSession> connect(const std::string& host) const;

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
  bool insecure_ = false;
};

}  // namespace sio::net

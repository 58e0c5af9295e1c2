// Certificates and keys. TLS itself is libwebsockets': what is here reads the files, because it
// does not say what is wrong with one, and knows no way to trust a certificate of the user's choice
// only.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/connector.h"
#include "net/tls.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace sio::net {

// Errors: a file that cannot be read or does not fit, with its name.
Status check_server_files(const TlsServerOptions& options);

// Gives a server's context the files as they are now, for connections that begin from here on.
// Errors: as above; the context is as it was.
Status replace_server_files(ssl_ctx_st& context, const TlsServerOptions& options);

// Makes sessions that began with one server's context go on with the other.
void share_tickets(ssl_ctx_st& from, ssl_ctx_st& to);

struct SslContextDeleter {
  void operator()(ssl_ctx_st* context) const;
};
using SslContext = std::unique_ptr<ssl_ctx_st, SslContextDeleter>;

// What client connections are made with. Errors: as above.
Result<SslContext> make_client_context(const TlsClientOptions& options);

// Judges one certificate of a chain that the server has shown, in the verification callback.
struct Verdict {
  bool accepted = false;
  std::string cause;  // why not, and which: "certificate has expired (CN=chat.example.org, ...)"
  Symptom symptom = Symptom::none;
};
// `verified` is what OpenSSL found; `host`, if not empty, is the name or address that the server's
// own certificate must be for, where libwebsockets does not check it.
Verdict judge_certificate(x509_store_ctx_st* store, bool verified, bool insecure,
                          const std::string& host);

// Judges a handshake that has just failed in this thread, by what OpenSSL has noted about it.
Verdict judge_handshake();

// Of a connection whose handshake is done.
TlsFacts tls_facts(const ssl_st* connection);

}  // namespace sio::net

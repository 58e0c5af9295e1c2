// What TLS needs, for both roles. Files are PEM.
#pragma once

#include <string>

namespace sio::net {

struct TlsServerOptions {
  std::string cert_file;  // certificate chain; empty: no TLS
  std::string key_file;
  std::string client_ca_file;  // not empty: clients must show a certificate signed by it
  bool enabled() const { return !cert_file.empty(); }
};

struct TlsClientOptions {
  std::string ca_file;  // empty: the system's ($SSL_CERT_FILE is honoured)
  std::string cert_file;
  std::string key_file;
  bool insecure = false;  // accept any certificate
};

// What a connection uses, and whom it is with.
struct TlsFacts {
  std::string version;  // "TLSv1.3"
  std::string cipher;
  std::string subject;     // of the peer's certificate: "CN=chat.example.org"
  std::string issuer;      // who signed it
  std::string names;       // whom it is for: "chat.example.org, 127.0.0.1"
  std::string good_until;  // "2027-01-31T14:05:06Z"
};

}  // namespace sio::net

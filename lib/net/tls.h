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

}  // namespace sio::net

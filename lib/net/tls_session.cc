#include "net/tls_session.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/check.h"
#include "net/system_error.h"

namespace sio::net {
namespace {

constexpr std::size_t kReadSlice = 16 * 1024;
constexpr std::size_t kWriteSlice = 1 << 20;

std::string library_error() {
  const unsigned long code = ERR_peek_error();  // the first is the cause, others say where
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return errno_text(ERR_GET_REASON(code));
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, 16> bytes;
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

Status use_certificate(SSL_CTX* context, const std::string& cert, const std::string& key) {
  if (SSL_CTX_use_certificate_chain_file(context, cert.c_str()) != 1)
    return fail(Errc::usage, fmt::format("certificate {}: {}", cert, library_error()));
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(Errc::usage, fmt::format("key {}: {}", key, library_error()));
  if (SSL_CTX_check_private_key(context) != 1)
    return fail(Errc::usage, fmt::format("key {}: does not belong to {}", key, cert));
  return {};
}

Status trust_file(SSL_CTX* context, const std::string& file) {
  if (SSL_CTX_load_verify_file(context, file.c_str()) == 1) return {};
  return fail(Errc::usage, fmt::format("CA certificates {}: {}", file, library_error()));
}

void set_common_options(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

// HTTP/1.1 or nothing: we do not speak HTTP/2.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void*) {
  static constexpr std::array<unsigned char, 9> kOurs = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs.data(), kOurs.size(), in, in_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

// --- TlsSession

TlsSession::TlsSession(ssl_st* ssl) : ssl_(ssl) {
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

void TlsSession::start() {
  [[maybe_unused]] const Status status = shake_hands();  // nothing received: nothing to object to
}

Status TlsSession::receive(std::string_view encrypted, std::string& plain) {
  while (!encrypted.empty()) {
    const std::size_t part = std::min(encrypted.size(), kWriteSlice);
    const int n = BIO_write(SSL_get_rbio(ssl_), encrypted.data(), static_cast<int>(part));
    SIO_CHECK(n == static_cast<int>(part));
    encrypted.remove_prefix(part);
  }
  Status status = open_ ? Status() : shake_hands();
  if (status && open_) status = read_plain(plain);
  collect_output();
  return status;
}

Status TlsSession::shake_hands() {
  ERR_clear_error();
  const int n = SSL_do_handshake(ssl_);
  const int error = SSL_get_error(ssl_, n);
  collect_output();
  if (n == 1) {
    open_ = true;
    return {};
  }
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return {};
  return fail(Errc::protocol, failure());
}

Status TlsSession::read_plain(std::string& plain) {
  std::array<char, kReadSlice> slice;
  for (;;) {
    ERR_clear_error();
    const int n = SSL_read(ssl_, slice.data(), static_cast<int>(slice.size()));
    if (n > 0) {
      plain.append(slice.data(), static_cast<std::size_t>(n));
      continue;
    }
    const int error = SSL_get_error(ssl_, n);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return {};
    if (error == SSL_ERROR_ZERO_RETURN) {
      ended_ = true;
      return {};
    }
    return fail(Errc::protocol, failure());
  }
}

Status TlsSession::send(std::string_view plain) {
  SIO_CHECK(open_);
  ERR_clear_error();
  std::size_t written = 0;
  if (!plain.empty() && SSL_write_ex(ssl_, plain.data(), plain.size(), &written) != 1)
    return fail(Errc::io, failure());
  SIO_CHECK(written == plain.size());  // the buffer it writes to has no bound of its own
  collect_output();
  return {};
}

void TlsSession::finish() {
  if (!open_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  collect_output();
}

void TlsSession::collect_output() {
  char* data = nullptr;
  BIO* bio = SSL_get_wbio(ssl_);
  const long size = BIO_get_mem_data(bio, &data);
  if (size <= 0) return;
  output_.append(data, static_cast<std::size_t>(size));
  BIO_reset(bio);
}

std::string TlsSession::failure() const {
  const long verdict = SSL_get_verify_result(ssl_);
  if (verdict != X509_V_OK && !SSL_is_server(ssl_)) {
    ERR_clear_error();
    return X509_verify_cert_error_string(verdict);
  }
  return library_error();
}

// --- TlsContext

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::unique_ptr<TlsContext>> TlsContext::server(const TlsServerOptions& options) {
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  SIO_CHECK(raw != nullptr);
  std::unique_ptr<TlsContext> context(new TlsContext(raw));
  set_common_options(raw);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SIO_TRY_STATUS(use_certificate(raw, options.cert_file, options.key_file));
  if (!options.client_ca_file.empty()) {
    SIO_TRY_STATUS(trust_file(raw, options.client_ca_file));
    SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(options.client_ca_file.c_str()));
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

Result<std::unique_ptr<TlsContext>> TlsContext::client(const TlsClientOptions& options) {
  SSL_CTX* raw = SSL_CTX_new(TLS_client_method());
  SIO_CHECK(raw != nullptr);
  std::unique_ptr<TlsContext> context(new TlsContext(raw));
  context->insecure_ = options.insecure;
  set_common_options(raw);
  if (!options.cert_file.empty()) {
    const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
    SIO_TRY_STATUS(use_certificate(raw, options.cert_file, key));
  }
  if (options.insecure) return context;
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  if (!options.ca_file.empty()) {
    SIO_TRY_STATUS(trust_file(raw, options.ca_file));
  } else if (SSL_CTX_set_default_verify_paths(raw) != 1) {
    return fail(Errc::usage, "CA certificates of the system: " + library_error());
  }
  return context;
}

std::unique_ptr<TlsSession> TlsContext::accept() const {
  SSL* ssl = SSL_new(context_);
  SIO_CHECK(ssl != nullptr);
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsSession>(ssl);
}

std::unique_ptr<TlsSession> TlsContext::connect(const std::string& host) const {
  SSL* ssl = SSL_new(context_);
  SIO_CHECK(ssl != nullptr);
  SSL_set_connect_state(ssl);
  const bool is_address = is_ip_address(host);
  // What the macro SSL_set_tlsext_host_name does, with a cast that our warnings accept.
  if (!is_address)
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
  if (!insecure_) {
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str())
                               : X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), 0);
    SIO_CHECK(set == 1);
  }
  return std::make_unique<TlsSession>(ssl);
}

}  // namespace sio::net

#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include "base/check.h"
#include "net/system_error.h"

namespace sio::net {
namespace {

std::string library_error() {
  const unsigned long code = ERR_peek_error();  // the first is the cause, others say where
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return errno_text(ERR_GET_REASON(code));
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

Status use_certificate(SSL_CTX* context, const std::string& cert, const std::string& key) {
  if (SSL_CTX_use_certificate_chain_file(context, cert.c_str()) != 1)
    return fail(Errc::usage, fmt::format("certificate {}: {}", cert, library_error()));
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1) return {};
  const bool is_anothers = ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH;
  const std::string cause = library_error();
  return fail(Errc::usage, fmt::format("key {}: {}", key,
                                       is_anothers ? "it does not belong to " + cert : cause));
}

Status trust_file(SSL_CTX* context, const std::string& file) {
  if (SSL_CTX_load_verify_file(context, file.c_str()) == 1) return {};
  return fail(Errc::usage, fmt::format("CA certificates {}: {}", file, library_error()));
}

bool is_for(X509* certificate, const std::string& host) {
  return X509_check_ip_asc(certificate, host.c_str(), 0) == 1 ||
         X509_check_host(certificate, host.c_str(), host.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

}  // namespace

void SslContextDeleter::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Status check_server_files(const TlsServerOptions& options) {
  const SslContext context(SSL_CTX_new(TLS_server_method()));
  SIO_CHECK(context != nullptr);
  SIO_TRY_STATUS(use_certificate(context.get(), options.cert_file, options.key_file));
  if (options.client_ca_file.empty()) return {};
  return trust_file(context.get(), options.client_ca_file);
}

// What is wrong with the files is found with a context of its own; only then is the other touched.
Status replace_server_files(ssl_ctx_st& context, const TlsServerOptions& options) {
  SIO_TRY_STATUS(check_server_files(options));
  SIO_TRY_STATUS(use_certificate(&context, options.cert_file, options.key_file));
  if (options.client_ca_file.empty()) return {};
  X509_STORE* store = X509_STORE_new();
  SIO_CHECK(store != nullptr);
  SSL_CTX_set_cert_store(&context, store);  // belongs to it from here on
  return trust_file(&context, options.client_ca_file);
}

Result<SslContext> make_client_context(const TlsClientOptions& options) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  SIO_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!options.cert_file.empty()) {
    const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
    SIO_TRY_STATUS(use_certificate(context.get(), options.cert_file, key));
  }
  if (options.insecure) return context;
  if (!options.ca_file.empty()) {
    SIO_TRY_STATUS(trust_file(context.get(), options.ca_file));
  } else if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return fail(Errc::usage, "CA certificates of the system: " + library_error());
  }
  return context;
}

Verdict judge_certificate(x509_store_ctx_st* store, bool verified, bool insecure,
                          const std::string& host) {
  if (insecure) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return {.accepted = true, .cause = ""};
  }
  const bool is_servers = X509_STORE_CTX_get_error_depth(store) == 0;
  if (verified && is_servers && !host.empty() &&
      !is_for(X509_STORE_CTX_get_current_cert(store), host)) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    verified = false;
  }
  if (verified) return {.accepted = true, .cause = ""};
  return {.accepted = false,
          .cause = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store))};
}

}  // namespace sio::net

#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "net/system_error.h"

namespace sio::net {
namespace {

constexpr int kMaxNames = 20;

// What OpenSSL noted about the last handshake that failed. libwebsockets clears it before it tells
// of the failure.
thread_local unsigned long failed_handshake = 0;

void note_handshake(const SSL*, int where, int result) {
  if ((where & SSL_CB_HANDSHAKE_START) != 0) failed_handshake = 0;
  if ((where & SSL_CB_EXIT) != 0 && result <= 0 && ERR_peek_error() != 0)
    failed_handshake = ERR_peek_error();
}

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return size <= 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

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

std::string one_line(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ);
  return text_of(out.get());
}

// "chat.example.org, *.example.org, 127.0.0.1"
std::string names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  std::string text;
  for (int i = 0; all != nullptr && i < std::min(sk_GENERAL_NAME_num(all.get()), kMaxNames); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
    GENERAL_NAME_print(out.get(), const_cast<GENERAL_NAME*>(name));
    const std::string typed = text_of(out.get());  // "DNS:chat.example.org", "IP Address:127.0.0.1"
    if (!text.empty()) text += ", ";
    text += typed.substr(typed.find(':') + 1);
  }
  return text;
}

std::string time_text(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Symptom symptom_of(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Symptom::expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Symptom::wrong_name;
    default:
      return Symptom::untrusted;
  }
}

// What of the certificate explains the error.
std::string explanation(const X509* certificate, Symptom symptom) {
  if (certificate == nullptr) return "";
  if (symptom == Symptom::expired)
    return fmt::format("good from {} until {}", time_text(X509_get0_notBefore(certificate)),
                       time_text(X509_get0_notAfter(certificate)));
  if (symptom == Symptom::wrong_name) return "it is for " + names_of(certificate);
  return fmt::format("{}, signed by {}", one_line(X509_get_subject_name(certificate)),
                     one_line(X509_get_issuer_name(certificate)));
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
void share_tickets(ssl_ctx_st& from, ssl_ctx_st& to) {
  std::string keys(static_cast<std::size_t>(SSL_CTX_get_tlsext_ticket_keys(&from, nullptr, 0)),
                   '\0');
  const auto size = static_cast<long>(keys.size());
  SIO_CHECK(SSL_CTX_get_tlsext_ticket_keys(&from, keys.data(), size) == 1);
  SIO_CHECK(SSL_CTX_set_tlsext_ticket_keys(&to, keys.data(), size) == 1);
}

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
  SSL_CTX_set_info_callback(context.get(), note_handshake);
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
  const int error = X509_STORE_CTX_get_error(store);
  const Symptom symptom = symptom_of(error);
  return {.accepted = false,
          .cause = fmt::format("{} ({})", X509_verify_cert_error_string(error),
                               explanation(X509_STORE_CTX_get_current_cert(store), symptom)),
          .symptom = symptom};
}

Verdict judge_handshake() {
  const unsigned long code = std::exchange(failed_handshake, 0);
  const int reason = ERR_GET_REASON(code);
  const bool plain = reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST;
  if (plain) return {.cause = "the server does not speak TLS", .symptom = Symptom::speaks_plain};
  const char* text = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_reason_error_string(code) : nullptr;
  if (text == nullptr) return {.cause = "the handshake failed"};
  return {.cause = fmt::format("the handshake failed: {}", text)};
}

TlsFacts tls_facts(const ssl_st* connection) {
  TlsFacts facts{.version = SSL_get_version(connection),
                 .cipher = SSL_get_cipher_name(connection),
                 .subject = {},
                 .issuer = {},
                 .names = {},
                 .good_until = {}};
  const X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return facts;
  facts.subject = one_line(X509_get_subject_name(certificate));
  facts.issuer = one_line(X509_get_issuer_name(certificate));
  facts.names = names_of(certificate);
  facts.good_until = time_text(X509_get0_notAfter(certificate));
  return facts;
}

}  // namespace sio::net

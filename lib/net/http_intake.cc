#include "net/http_intake.h"

#include <libwebsockets.h>
#include <openssl/ssl.h>

#include <utility>

#include "base/log.h"

namespace sio::net {
namespace {

// An empty text is no file.
const char* file_or_null(const std::string& file) {
  return file.empty() ? nullptr : file.c_str();
}

}  // namespace

HttpIntake::HttpIntake(Loop& loop, HttpHandler& handler, const HttpServerOptions& options)
    : service_{.loop = loop,
               .handler = handler,
               .max_body = options.max_body,
               .max_message = options.max_message,
               .vhost = loop.impl().plain_vhost()},
      tls_(options.tls) {
  loop.impl().find_read_buffer();
}

Result<std::unique_ptr<HttpIntake>> HttpIntake::create(Loop& loop, HttpHandler& handler,
                                                       const HttpServerOptions& options) {
  std::unique_ptr<HttpIntake> intake(new HttpIntake(loop, handler, options));
  SIO_TRY_STATUS(intake->load_tls());
  return intake;
}

Status HttpIntake::load_tls() {
  if (!tls_.enabled()) return {};
  // libwebsockets only says that it does not like the files: what is wrong with them is found
  // here.
  SIO_TRY_STATUS(check_server_files(tls_));
  // Every vhost has a context for connections as a client. One that libwebsockets has made is lost
  // when another loop begins.
  SIO_TRY(unused_, make_client_context({.insecure = true}));
  lws_context_creation_info info{};
  info.provided_client_ssl_ctx = unused_.get();
  info.ssl_cert_filepath = tls_.cert_file.c_str();
  info.ssl_private_key_filepath = tls_.key_file.c_str();
  info.ssl_ca_filepath = file_or_null(tls_.client_ca_file);
  info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION;
  if (!tls_.client_ca_file.empty())
    info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
  service_.vhost = service_.loop.impl().create_tls_vhost(info, &context_);
  service_.secure = true;
  if (service_.vhost == nullptr) return fail(Errc::usage, "set up TLS");
  return {};
}

void HttpIntake::adopt(Accepted accepted) {
  const Status status =
      HttpConnection::open(service_, std::move(accepted.fd), std::move(accepted.peer));
  // A TLS client may have failed already, which is its own affair.
  if (!status && !service_.secure) log(LogLevel::warning, "accept: " + status.error().message);
}

void HttpIntake::share_sessions(HttpIntake& other) {
  if (tls_.enabled()) share_tickets(*context_, *other.context_);
}

Status HttpIntake::reload_tls() {
  return tls_.enabled() ? replace_server_files(*context_, tls_) : Status();
}

}  // namespace sio::net

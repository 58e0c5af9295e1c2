#include "net/http_server.h"

#include <fmt/format.h>
#include <libwebsockets.h>
#include <openssl/ssl.h>

#include "base/log.h"
#include "net/http_connection.h"
#include "net/listener.h"
#include "net/tls_context.h"

namespace sio::net {
namespace {

// An empty text is no file.
const char* file_or_null(const std::string& file) {
  return file.empty() ? nullptr : file.c_str();
}

class Server final : public HttpServer, private ListenerEvents {
 public:
  Server(Loop& loop, HttpHandler& handler, const HttpServerOptions& options)
      : service_{.loop = loop,
                 .handler = handler,
                 .max_body = options.max_body,
                 .max_message = options.max_message,
                 .vhost = loop.impl().plain_vhost()},
        tls_(options.tls) {
    loop.impl().find_read_buffer();
  }

  Status load_tls() {
    const TlsServerOptions& options = tls_;
    if (!options.enabled()) return {};
    // libwebsockets only says that it does not like the files: what is wrong with them is found
    // here.
    SIO_TRY_STATUS(check_server_files(options));
    // Every vhost has a context for connections as a client. One that libwebsockets has made is
    // lost when another loop begins.
    SIO_TRY(unused_, make_client_context({.insecure = true}));
    lws_context_creation_info info{};
    info.provided_client_ssl_ctx = unused_.get();
    info.ssl_cert_filepath = options.cert_file.c_str();
    info.ssl_private_key_filepath = options.key_file.c_str();
    info.ssl_ca_filepath = file_or_null(options.client_ca_file);
    info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION;
    if (!options.client_ca_file.empty())
      info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
    service_.vhost = service_.loop.impl().create_tls_vhost(info, &context_);
    service_.secure = true;
    if (service_.vhost == nullptr) return fail(Errc::usage, "set up TLS");
    return {};
  }

  Result<std::string> listen(const ListenAddress& address) override {
    SIO_TRY(auto listener, Listener::open(service_.loop, address, *this));
    return add(std::move(listener));
  }
  Result<std::string> listen(InheritedSocket socket) override {
    SIO_TRY(auto listener,
            Listener::adopt(service_.loop, std::move(socket.fd), socket.address, *this));
    return add(std::move(listener));
  }
  Status reload_tls() override {
    return tls_.enabled() ? replace_server_files(*context_, tls_) : Status();
  }

  void stop_listening() override { listeners_.clear(); }
  std::size_t connections() const override { return service_.connections.size(); }

 private:
  void on_accepted(Accepted accepted) override {
    const Status status =
        HttpConnection::open(service_, std::move(accepted.fd), std::move(accepted.peer));
    // A TLS client may have failed already, which is its own affair.
    if (!status && !service_.secure) log(LogLevel::warning, "accept: " + status.error().message);
  }

  std::string add(std::unique_ptr<Listener> listener) {
    std::string url = listener->where();
    if (!listener->is_unix()) url = fmt::format("{}://{}", service_.secure ? "https" : "http", url);
    listeners_.push_back(std::move(listener));
    return url;
  }

  SslContext unused_;
  HttpService service_;
  TlsServerOptions tls_;
  ssl_ctx_st* context_ = nullptr;  // libwebsockets', as long as the loop
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::create(Loop& loop, HttpHandler& handler,
                                                       HttpServerOptions options) {
  auto server = std::make_unique<Server>(loop, handler, options);
  SIO_TRY_STATUS(server->load_tls());
  return server;
}

}  // namespace sio::net

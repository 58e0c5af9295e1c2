#include "net/http_server.h"

#include <fmt/format.h>

#include "base/log.h"
#include "net/http_connection.h"
#include "net/listener.h"

namespace sio::net {
namespace {

class Server final : public HttpServer, private ListenerEvents {
 public:
  Server(Loop& loop, HttpHandler& handler, const HttpServerOptions& options)
      : service_{loop, handler, options.max_body, options.max_message, {}} {}

  Status load_tls(const TlsServerOptions& options) {
    if (!options.enabled()) return {};
    SIO_TRY(tls_, TlsContext::server(options));
    return {};
  }

  Result<std::string> listen(const ListenAddress& address) override {
    SIO_TRY(auto listener, Listener::open(service_.loop, address, *this));
    std::string url = listener->where();
    if (!listener->is_unix()) url = fmt::format("{}://{}", tls_ ? "https" : "http", url);
    listeners_.push_back(std::move(listener));
    return url;
  }

  void stop_listening() override { listeners_.clear(); }
  std::size_t connections() const override { return service_.connections.size(); }

 private:
  void on_accepted(Accepted accepted) override {
    auto* connection = new HttpConnection(service_, std::move(accepted.peer));
    auto tls = tls_ ? tls_->accept() : nullptr;
    if (const Status status = connection->start(std::move(accepted.fd), std::move(tls)); !status)
      log(LogLevel::warning, "accept: " + status.error().message);
  }

  std::unique_ptr<TlsContext> tls_;
  HttpService service_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::create(Loop& loop, HttpHandler& handler,
                                                       HttpServerOptions options) {
  auto server = std::make_unique<Server>(loop, handler, options);
  SIO_TRY_STATUS(server->load_tls(options.tls));
  return server;
}

}  // namespace sio::net

#include "net/connector.h"

#include <utility>

#include "net/http_client.h"

namespace sio::net {
namespace {

class ClientConnector final : public Connector {
 public:
  ClientConnector(Loop& loop, ConnectorOptions options)
      : service_{.loop = loop, .options = std::move(options)} {}

  // Files that somebody named are read at once: what is wrong with them is known before anything
  // else happens. The system's certificates wait until they are needed.
  Status load_named_files() {
    const TlsClientOptions& tls = service_.options.tls;
    if (tls.ca_file.empty() && tls.cert_file.empty()) return {};
    SIO_TRY(service_.tls, make_client_context(tls));
    return {};
  }

  std::unique_ptr<Attempt> open_websocket(const Endpoint& endpoint, std::string target,
                                          HttpHeaders headers, WebSocketEvents& events) override {
    return WsOpening::begin(
        service_,
        {.endpoint = endpoint, .target = std::move(target), .headers = std::move(headers)}, events);
  }

  std::unique_ptr<HttpCall> request(const Endpoint& endpoint, std::string method,
                                    std::string target, HttpHeaders headers, std::string body,
                                    HttpResponseEvents& events) override {
    return HttpRun::begin(service_,
                          {.endpoint = endpoint,
                           .method = std::move(method),
                           .target = std::move(target),
                           .headers = std::move(headers),
                           .body = std::move(body)},
                          events);
  }

 private:
  ClientService service_;
};

}  // namespace

Result<std::unique_ptr<Connector>> Connector::create(Loop& loop, ConnectorOptions options) {
  auto connector = std::make_unique<ClientConnector>(loop, std::move(options));
  SIO_TRY_STATUS(connector->load_named_files());
  return connector;
}

}  // namespace sio::net

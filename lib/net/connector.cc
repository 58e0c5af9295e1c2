#include "net/connector.h"

#include <utility>

#include "net/http_client.h"

namespace sio::net {
namespace {

class ClientConnector final : public Connector {
 public:
  ClientConnector(Loop& loop, ConnectorOptions options)
      : service_{loop, std::move(options), nullptr, {}, {}} {}

  // Files that somebody named are read at once: what is wrong with them is known before anything
  // else happens. The system's certificates wait until they are needed.
  Status load_named_files() {
    const TlsClientOptions& tls = service_.options.tls;
    if (tls.ca_file.empty() && tls.cert_file.empty()) return {};
    SIO_TRY(service_.tls, TlsContext::client(tls));
    return {};
  }

  std::unique_ptr<Attempt> open_websocket(const Endpoint& endpoint, std::string target,
                                          HttpHeaders headers, WebSocketEvents& events) override {
    auto* opening =
        new WsOpening(service_, endpoint, std::move(target), std::move(headers), events);
    return opening->start();
  }

  std::unique_ptr<HttpCall> request(const Endpoint& endpoint, std::string method,
                                    std::string target, HttpHeaders headers, std::string body,
                                    HttpResponseEvents& events) override {
    auto* run = new HttpRun(
        service_,
        {endpoint, std::move(method), std::move(target), std::move(headers), std::move(body)},
        events);
    return run->start();
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

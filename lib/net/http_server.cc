#include "net/http_server.h"

#include <utility>

#include "net/http_intake.h"
#include "net/listener.h"
#include "net/threaded_server.h"

namespace sio::net {
namespace {

// With its connections on the loop itself.
class Server final : public HttpServer, private ListenerEvents {
 public:
  Server(Loop& loop, std::unique_ptr<HttpIntake> intake)
      : intake_(std::move(intake)), listeners_(loop, *this, intake_->secure()) {}

  Result<std::string> listen(const ListenAddress& address) override {
    return listeners_.open(address);
  }
  Result<std::string> listen(InheritedSocket socket) override {
    return listeners_.adopt(std::move(socket));
  }
  Status reload_tls() override { return intake_->reload_tls(); }
  void stop_listening() override { listeners_.close(); }
  std::size_t connections() const override { return intake_->connections(); }

 private:
  void on_accepted(Accepted accepted) override { intake_->adopt(std::move(accepted)); }

  std::unique_ptr<HttpIntake> intake_;
  Listeners listeners_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::create(Loop& loop, HttpHandler& handler,
                                                       HttpServerOptions options) {
  if (options.threads > 1) return ThreadedServer::create(loop, handler, options);
  SIO_TRY(auto intake, HttpIntake::create(loop, handler, options));
  return std::make_unique<Server>(loop, std::move(intake));
}

}  // namespace sio::net

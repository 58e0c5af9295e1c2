// A request at the HTTP door that takes its time, and what all of them share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/http.h"
#include "net/loop.h"
#include "server/authenticator.h"
#include "server/cors.h"
#include "server/hub.h"
#include "server/options.h"

namespace sio::server {

// Owned by the door until it says finish().
class Visit {
 public:
  virtual ~Visit() = default;
  // The server stops: end soon, so that the client comes back.
  virtual void shut_down() = 0;
};

struct DoorContext {
  net::Loop& loop;
  Hub& hub;
  Authenticator* authenticator;  // null: everybody may do everything
  const ServerOptions& options;
  Cors cors;
  std::unordered_map<Visit*, std::unique_ptr<Visit>> visits = {};

  void begin(std::unique_ptr<Visit> visit);
  // The visit is destroyed in a later turn.
  void finish(Visit& visit);
  bool has_namespace(std::string_view ns) const;
};

// A visit that asks who comes before it does anything.
class AskingVisit : public Visit, protected net::HttpObserver, private AuthWaiter {
 public:
  AskingVisit(const AskingVisit&) = delete;
  AskingVisit& operator=(const AskingVisit&) = delete;

 protected:
  // Observes the exchange from now on.
  AskingVisit(DoorContext& context, net::HttpExchange& exchange);
  ~AskingVisit() override;

  // The authenticator's verdict, of which there must be one; or nothing, and on_answer() follows in
  // a later turn.
  std::optional<AuthVerdict> ask(std::string_view ns, const Handshake* handshake);
  virtual void on_answer(AuthVerdict verdict) = 0;
  void on_body(net::HttpExchange&, std::string) override {}

  // Answers, if nobody has yet.
  void respond(net::HttpResponse response);
  // The visit is over: nobody is asked any more, and the exchange is somebody else's.
  void let_go();

  DoorContext& context_;
  net::HttpExchange* exchange_;  // null: it was answered, or its client has gone

 private:
  void on_verdict(AuthVerdict verdict) final;

  bool asked_ = false;
};

// {"error":{"code":…,"message":…},"hint":…} with the status that fits.
net::HttpResponse refusal_response(const Error& error, std::string_view hint = {});
net::HttpResponse json_response(int status, std::string body);
// With what lets a page of another origin read it, if --cors says so.
void answer(const DoorContext& context, net::HttpExchange& exchange, net::HttpResponse response);

// What the authenticator has to know of a request; may be null.
std::unique_ptr<Handshake> claim_of(const DoorContext& context, const net::HttpRequest& request);
// 401, for whom the authenticator does not let in.
net::HttpResponse unauthorized_response(const AuthVerdict& verdict);

}  // namespace sio::server

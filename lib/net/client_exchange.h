// What a WebSocket and a plain request have in common on a client: they begin with a connection
// that is found, made and encrypted, and with a request that may not be answered. Loop thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/connector.h"
#include "net/loop_impl.h"
#include "net/lws_user.h"
#include "net/resolver.h"
#include "net/severable.h"
#include "net/tls_context.h"
#include "net/tunnel.h"

namespace sio::net {

// What the requests of a connector share.
struct ClientService {
  Loop& loop;
  ConnectorOptions options;
  SslContext tls;  // made when first needed, or when files were named; outlives tls_vhost
  lws_vhost* tls_vhost = nullptr;
  SeverList connections;
};

struct ClientRequest {
  Endpoint endpoint;
  std::string method;  // empty: a WebSocket
  std::string target;
  HttpHeaders headers;
  std::string body;
};

// Belongs to itself until it has succeeded or failed; its user holds a Handle, which ends it.
class ClientExchange : public Severable,
                       public LwsUser,
                       protected Deferred,
                       protected Timer::Handler,
                       private ResolverEvents,
                       private ProbeEvents,
                       private TunnelEvents,
                       private FdWatch::Handler {
 public:
  class Handle {
   public:
    explicit Handle(ClientExchange& exchange) : exchange_(&exchange) { exchange.handle_ = this; }
    ~Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

   private:
    friend class ClientExchange;
    ClientExchange* exchange_;
  };

  // Calls no events before it returns.
  void start();
  void sever() override;
  int on_lws(lws* wsi, int reason, void* in, std::size_t size) override;

 protected:
  ClientExchange(ClientService& service, ClientRequest request);
  ~ClientExchange() override;

  // The request is on its way.
  virtual void on_requested() = 0;
  // What libwebsockets says after that; may delete this.
  virtual int on_reply(int reason, void* in, std::size_t size) = 0;
  // What the peer has begun to say, if that is no answer.
  Symptom heard() const { return heard_; }
  // There will be no answer, or none that counts; `why` is for people.
  virtual void on_no_reply(const std::string& why) = 0;
  // It is over: tells the user, and deletes this.
  virtual void tell(ConnectFailure failure) = 0;
  virtual void tell_success() = 0;

  void fail(ConnectFailure failure);
  void succeed();
  // The answer may take as long as it takes.
  void wait_forever();
  // Its head has come, with this status.
  void head_came(int status);
  void on_timer(Timer& timer) override;

  ClientService& service_;
  ClientRequest request_;
  lws* wsi_ = nullptr;
  Timer timer_;  // for all of it until the answer
  ConnectStage stage_ = ConnectStage::tcp;

 private:
  enum class Then { nothing, next_address, failure, success };

  Status prepare_tls();
  void find_way();
  void on_resolved(std::vector<PeerAddress> addresses) override;
  void on_not_resolved(ConnectFailure failure) override;
  void on_probed(int number) override;
  void on_tunnel(UniqueFd socket) override;
  void on_no_tunnel(ConnectFailure failure) override;
  void on_fd_ready(FdWatch& watch, std::uint32_t events) override;
  void listen_for_anything();
  void ask_whether_anything_came();
  void note_heard(char first_byte);
  void run_deferred() override;
  void try_next();
  void connect_to(const PeerAddress& address);
  void on_connected();
  void on_failed(const std::string& what);
  Verdict judge_tls(const std::string& what, bool refused) const;
  void trace_request(const char* end);
  void trace_response(int status);
  int append_headers(void* in, std::size_t room);
  int verify(void* store, bool verified);
  void then(Then next);
  void tell_stage(StageDone done);
  void let_go();
  const std::string& where() const;
  std::string what_took_too_long() const;

  Handle* handle_ = nullptr;
  std::string host_header_;
  bool own_host_check_ = false;  // of the certificate
  Verdict tls_verdict_;
  TimePoint stage_began_{};  // if somebody watches
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Probe> probe_;
  std::unique_ptr<Tunnel> tunnel_;
  UniqueFd way_;                        // through the proxy; the connection is to become it
  std::vector<PeerAddress> addresses_;  // with a proxy: the server, as it was named
  std::size_t next_ = 0;
  Timer patience_;  // with one address while there are others; with the head of the answer
  FdWatch ear_;
  Symptom heard_ = Symptom::closed;
  std::uint64_t received_before_ = 0;  // the request
  bool head_came_ = false;
  bool forever_ = false;
  Then then_ = Then::nothing;
  ConnectFailure failure_;
};

}  // namespace sio::net

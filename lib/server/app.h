// `serve --app CMD`: one child process is the application, over a pipe.
//
// It reads records on its stdin and writes commands on its stdout, one JSON object on a line, in
// the order in which things happen. Attachments are {"$binary":"base64"} anywhere in args.
//
// The application reads:
//   {"type":"connect","sid":S,"ns":N,"auth":{…},"address":A,"url":U,"headers":{…},"query":{…},
//    "time":MS,"secure":B,"xdomain":B}     a socket is there. With "decide":true it wants to be,
//    and
//                                          waits for accept or refuse. With "restarted":true it was
//                                          there before this child was started
//   {"type":"event","from":S,"ns":N,"event":E,"args":[…],"ack":K}      "ack" if it wants an answer
//   {"type":"ack","from":S,"ns":N,"ack":K,"args":[…]}                  an answer to event "ack":K
//   {"type":"disconnect","sid":S,"ns":N,"reason":R}
// The application writes (AppCommand):
//   {"type":"event","event":E,"args":[…],"to":[room or sid…],"except":[…],"ns":N,"ack":K,
//    "volatile":B}         to absent: everybody in the namespace, which is that of the first sid in
//                          "to", or "/". With "ack":K each receiver's answer comes back under K, a
//                          number of the application's choice
//   {"type":"ack","from":S,"ack":K,"args":[…]}       answers event K of socket S
//   {"type":"join","sid":S,"rooms":[…]}   {"type":"leave","sid":S,"rooms":[…]}
//   {"type":"disconnect","sid":S}         with "close":true the whole connection
//   {"type":"accept","sid":S}             {"type":"refuse","sid":S,"message":M,"data":D}
//   {"type":"options","decide":true}      from now on connections wait for a verdict
//
// Whoever wants to decide says so in its first line: until that line has come, or a second has
// passed since the first start, connections wait. Who says it later has those closed who were let
// in meanwhile: they come back, and wait. Once said it holds for later children too.
//
// Plain events go to the application and nowhere else. A line that cannot be used is logged with
// its number and skipped. A child that ends is started again, after 0.1 s, then twice as long each
// time up to 5 s; after 10 s of life the count starts anew. Clients stay connected meanwhile, and
// what happens is kept for the next child, behind a connect record for each socket; what was
// written to the child that ended is lost. While a child leaves more than 4 MiB unread, clients
// that send events are not read from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/child.h"
#include "net/loop.h"
#include "server/app_command.h"
#include "server/cluster_node.h"
#include "server/command_launcher.h"
#include "server/policy.h"
#include "server/server.h"

namespace sio::server {

// Loop thread only.
class AppPolicy final : public Policy,
                        public AnswerListener,
                        private net::ChildEvents,
                        private net::Timer::Handler {
 public:
  // Both outlive it.
  AppPolicy(net::Loop& loop, CommandLauncher& launcher);
  ~AppPolicy() override;

  // The server needs its policy first. Call once, before any client connects.
  void set_server(Server& server) { server_ = &server; }
  // Starts the child. Errors: it cannot be started at all.
  Status start();

  HandshakeNeed handshake_need() const override { return HandshakeNeed::everything; }
  bool speaks_extension() const override { return false; }
  Admission on_connect_request(const ConnectRequest& request) override;
  void on_request_withdrawn(std::string_view sid) override;
  void on_connected(Socket& socket) override;
  void on_event(Socket& socket, const proto::PacketView& packet,
                const std::vector<std::string>* attachments) override;
  void on_ack(Socket& socket, const proto::PacketView& packet,
              const std::vector<std::string>* attachments) override;
  void on_disconnecting(Socket& socket, std::string_view reason) override;
  // Of a socket of another server.
  void on_answer(std::string_view ns, std::uint64_t tag, std::string_view value,
                 std::span<const std::string> attachments) override;

 private:
  // A socket that the application was, or will be, told of.
  struct Known {
    std::string facts;  // the members of its connect record behind "type"
    bool is_connected = false;
  };

  void on_output(std::string_view bytes) override;
  void on_input_drained() override;
  void on_exit(int status) override;
  void on_timer(net::Timer& timer) override;

  void write_line(std::string_view line);
  void write_connect(const Known& known, std::string_view more);
  void write_message(std::string_view type, const Socket& socket, const proto::PacketView& packet,
                     const std::vector<std::string>* attachments);
  void end_waiting_for_options();
  void settle_waiting();
  void ask_again();
  void announce_again();
  std::size_t unread() const;

  void take_line(std::string_view line);
  Status apply(const AppCommand& command);
  Status send(const AppCommand& command);
  Status change_rooms(Socket& socket, const AppCommand& command);
  bool change_elsewhere(const AppCommand& command);
  Result<Socket*> socket_of(const AppCommand& command);

  net::Loop& loop_;
  CommandLauncher& launcher_;
  Server* server_ = nullptr;
  std::unique_ptr<net::Child> child_;  // null while none runs
  std::unique_ptr<net::Child> ended_;  // has said its last word, and may be on the stack
  net::Timer restart_timer_;
  net::Timer options_timer_;
  Duration backoff_;
  TimePoint started_at_;
  std::unordered_map<std::string, Known, StringHash, std::equal_to<>> known_;
  std::string unsent_;          // lines for the next child
  std::string partial_;         // the beginning of a line
  bool skipping_line_ = false;  // too long: until the next newline
  std::uint64_t line_number_ = 0;
  bool decides_ = false;
  bool may_still_ask_to_decide_ = true;
  bool paused_clients_ = false;
};

}  // namespace sio::server

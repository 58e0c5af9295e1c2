#include "cli/help_topics.h"

#include "cli/exit_code.h"

namespace sio::cli {
namespace {

constexpr std::string_view kJson =
    R"(Events as JSON: a record per line, printed by listen, replay and join, read by `emit -`.

  {"type":"event","time":"2026-01-31T14:05:06.123Z","ns":"/","event":"order",
   "args":[{"id":7}],"id":"#k3f9-1042","rooms":["kitchen"],"from":"Xk3..."}      (one line)

Printed always:  type time ns event args
and when known:  id          number of the event in the server's store: for --since and --until
                 rooms       it was addressed to; absent: to the whole namespace
                 from        socket that sent it
                 ack         the sender asked for an answer; `join -` gives it with
                             {"type":"ack","ack":17,"args":["yes"]}
                 replay      true: from the queue, not live
                 group delivery   handed out by this group, for this time
                 dead_rooms  where it was addressed before the group gave it up
                 offset      what another server gave for connection state recovery
Read:            event (needed)  args  ns  rooms  id;  other types are passed over

Binary is {"$binary":"BASE64"}, anywhere in args. An object whose only key is $binary or $$binary
gets one more $. Numbers and strings stay as they came, whatever their size.

An ARG on the command line is JSON if all of it is JSON, else a string; one that begins with
{ [ or " and is not JSON is an error. -S makes every ARG and line a string.

emit -a prints    {"type":"ack","event":"order","args":["ok"],"id":"#k3f9-1042","ms":1.9}
listen -L prints  connect join ping disconnect reconnect connect_error leave gap error too:
  {"type":"disconnect","time":"...","reason":"transport close","retry":0.8}
  {"type":"gap","time":"...","after":"#k3f9-1002","before":"#k3f9-1040","reason":"retention"}
ping prints       layer rtt summary:
  {"type":"layer","layer":"tcp","ok":false,"ms":0.2,"message":"...","hint":"..."}
)";

constexpr std::string_view kEnvironment = R"(The environment, and the config file.

  SIO_URL         the server, or @PROFILE               (as -s)
  SIO_AUTH        what CONNECT carries, JSON or @FILE   (as -A)
  SIO_CONFIG      the config file; set and empty: none
                  [$XDG_CONFIG_HOME/sio/config, else ~/.config/sio/config]
  NO_COLOR        set and not empty: no colour
  https_proxy http_proxy all_proxy no_proxy   proxies, as curl reads them   (as --proxy)
  SSL_CERT_FILE   trust these certificates instead of the system's
  XDG_STATE_HOME  where serve keeps queues and join its history [~/.local/state]
  LISTEN_FDS NOTIFY_SOCKET WATCHDOG_USEC JOURNAL_STREAM   what systemd tells serve

The config file: a long option without dashes per line, the rest of the line is its value.

  # for every server
  header X-Team: shop
  [prod]
  server https://chat.example.org
  auth @token.json

A line [NAME] opens a profile, used as `-s @NAME`; it has the lines above the first profile too.
An option counts most, then the environment, the profile, and those lines. serve does not read it.

Commands that listen -x runs get the event in the environment, and as a record on stdin:

  SIO_EVENT SIO_ARGS SIO_0 ... SIO_9 SIO_ID SIO_TIME SIO_NS SIO_ROOMS SIO_FROM SIO_GROUP
  SIO_DELIVERY SIO_URL      strings as they are, anything else as JSON; over 100 KiB: left out
)";

constexpr std::string_view kHttp =
    R"(Without a library: what sio serve answers to plain HTTP. Tokens go in `Authorization: Bearer TOKEN`.

  POST /sio/emit/EVENT   publish; the query: room= except= ns= id= volatile=1
       application/json: one argument     text/plain: a string     anything else: bytes
       application/x-ndjson: records, as listen prints them
       answers {"id":"#k3f9-1042"} once it is stored

  GET  /sio/events       events as they come, a record a line; the query: event= room= ns=
                         since= tail= poll=1 (ends with what is stored)
       Accept: text/event-stream: server-sent events, which go on by Last-Event-ID

  GET  /healthz /readyz /metrics /sio/stats     is it alive, does it take events, numbers

  GET  /socket.io/socket.io.js     the official client, for a page; .min.js, .esm.min.js and
                         .msgpack.min.js too

  GET  /admin/           the admin UI of Socket.IO; only at an address of serve --admin

  curl -H 'Content-Type: application/json' -d '{"id":7}' http://127.0.0.1:3000/sio/emit/order
  curl 'http://127.0.0.1:3000/sio/events?event=order&since=10m&poll=1'

`man sio-serve` has the rest. Not with --app: there events are the application's.
)";

}  // namespace

const std::vector<HelpTopic>& help_topics() {
  static const std::vector<HelpTopic> topics = {
      {"exit", "exit statuses"},
      {"json", "records: what is printed and read"},
      {"env", "environment, config file, profiles"},
      {"http", "publish and listen with curl"},
  };
  return topics;
}

std::string help_topic(std::string_view name) {
  if (name == "exit") return "Exit statuses, the same for every command.\n\n" + exit_code_help();
  if (name == "json") return std::string(kJson);
  if (name == "env") return std::string(kEnvironment);
  if (name == "http") return std::string(kHttp);
  return {};
}

}  // namespace sio::cli

#include "cluster/message_writer.h"

#include <fmt/format.h>

#include "proto/json_text.h"
#include "proto/msgpack_writer.h"

namespace sio::cluster {
namespace {

void add_selection(std::string& out, const Selection& who) {
  out += R"({"rooms":)";
  add_names(out, who.rooms);
  out += R"(,"except":)";
  add_names(out, who.except);
}

}  // namespace

void add_names(std::string& out, std::span<const std::string_view> names) {
  out += '[';
  for (const std::string_view name : names) {
    if (out.back() != '[') out += ',';
    proto::append_json_string(out, name);
  }
  out += ']';
}

void add_options(std::string& out, const Selection& who) {
  out += R"("opts":)";
  add_selection(out, who);
  out += '}';
}

void add_event_options(std::string& out, const ClusterEvent& event, std::uint64_t timeout_ms) {
  add_selection(out, event.to);
  out += R"(,"flags":{)";
  if (event.is_volatile) out += R"("volatile":true,)";
  if (timeout_ms > 0) out += fmt::format(R"("timeout":{},)", timeout_ms);
  if (!event.from.empty() || !event.key.empty()) {
    out += R"("sio":{)";
    if (!event.from.empty()) out += R"("from":)" + proto::json_string(event.from) + ',';
    if (!event.key.empty()) out += R"("key":)" + proto::json_string(event.key) + ',';
    out.back() = '}';
    out += ',';
  }
  if (out.back() == ',') out.pop_back();
  out += "}}";
}

void add_packet(std::string& out, const ClusterEvent& event, bool with_ns) {
  out += R"({"type":2,"data":[)";
  out += event.items;
  out += ']';
  if (with_ns) out += R"(,"nsp":)" + proto::json_string(event.to.ns);
  out += '}';
}

std::string to_msgpack(std::string_view json, std::span<const std::string> attachments) {
  std::string out;
  out.reserve(json.size());
  proto::MsgpackWriter writer(out, attachments);
  proto::JsonScanner scanner(json);
  writer.value(scanner);
  return out;
}

std::string sockets_json(std::span<const RemoteSocket> sockets) {
  std::string out = "[";
  for (const RemoteSocket& socket : sockets) {
    if (out.size() > 1) out += ',';
    out += R"({"id":)" + proto::json_string(socket.sid) + R"(,"handshake":)" + socket.handshake +
           R"(,"rooms":)";
    add_names(out, views(socket.rooms));
    out += R"(,"data":{}})";
  }
  return out + ']';
}

std::string with_rooms(std::string json, std::span<const std::string_view> rooms) {
  json += R"(,"rooms":)";
  add_names(json, rooms);
  return json + '}';
}

}  // namespace sio::cluster

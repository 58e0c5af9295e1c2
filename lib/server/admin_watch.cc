#include "server/admin_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "proto/json_text.h"
#include "proto/wire_time.h"
#include "server/admin_view.h"
#include "server/namespace.h"

namespace sio::server {
namespace {

using namespace std::chrono_literals;
using proto::append_json_string;

constexpr Duration kStatsInterval = 2s;

constexpr std::string_view kCommands =
    R"("EMIT","JOIN","LEAVE","DISCONNECT","MJOIN","MLEAVE","MDISCONNECT",)";
constexpr std::string_view kViews = R"("AGGREGATED_EVENTS","ALL_EVENTS")";

std::int64_t to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// Why a session of Engine.IO ends, in its own words.
std::string_view engine_reason(std::string_view reason) {
  constexpr std::string_view kEngine[] = {"transport close", "transport error", "ping timeout",
                                          "parse error"};
  const bool is_known = std::ranges::find(kEngine, reason) != std::end(kEngine);
  return is_known ? reason : "forced close";
}

std::string& add(std::string& items, std::string_view text) {
  items += ',';
  append_json_string(items, text);
  return items;
}

// An event as this server has written it: `42/ns,12["name",…]`.
struct WrittenEvent {
  std::string_view ns = "/";
  std::size_t attachments = 0;
  std::string_view array;
};

std::size_t take_number(std::string_view& text) {
  std::size_t number = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
    number = number * 10 + static_cast<std::size_t>(text.front() - '0');
  return number;
}

WrittenEvent read_written(std::string_view packet) {
  WrittenEvent event;
  const bool is_binary = packet[1] == '5';
  packet.remove_prefix(2);
  if (is_binary) {
    event.attachments = take_number(packet);
    packet.remove_prefix(1);
  }
  if (packet.starts_with('/')) {
    const std::size_t comma = packet.find(',');
    event.ns = packet.substr(0, comma);
    packet.remove_prefix(comma + 1);
  }
  take_number(packet);
  event.array = packet;
  return event;
}

// The bytes of the binary frames that follow the first one, if all of them are there.
std::optional<std::vector<std::string>> attachments_behind(std::span<const net::Frame> frames,
                                                           std::size_t count) {
  if (count >= frames.size()) return std::nullopt;
  std::vector<std::string> attachments;
  for (const net::Frame& frame : frames.subspan(1, count))
    attachments.emplace_back(frame.payload());
  return attachments;
}

bool is_client(const Socket& socket) {
  return !socket.link.public_id().empty();
}

}  // namespace

AdminWatch::AdminWatch(net::Loop& loop, Server& watched)
    : loop_(loop), watched_(watched), timer_(loop, *this), started_at_(loop.now()) {}

AdminWatch::~AdminWatch() {
  if (!admins_.empty()) watched_.set_watcher(nullptr);
}

// --- who looks on

void AdminWatch::begin(Socket& admin, bool may_command) {
  if (admins_.empty()) {
    wall_ahead_ms_ = watched_.hub().clock().wall_ms() - to_ms(loop_.now().time_since_epoch());
    watched_.set_watcher(this);
    timer_.arm_in(kStatsInterval);
  }
  admins_.push_back({.ref = admin.ref});
  tell_connected(admin);
  tell(admins_.back(), fmt::format(R"("config",{{"supportedFeatures":[{}{}]}})",
                                   may_command ? kCommands : "", kViews));
  tell(admins_.back(), all_sockets());
  tell(admins_.back(), server_stats("[]"));
}

void AdminWatch::end(const Socket& admin, std::string_view reason) {
  std::erase_if(admins_, [&](const Admin& each) { return each.ref == admin.ref; });
  if (!admins_.empty()) return tell_disconnected(admin, reason);
  timer_.cancel();
  traffic_.take();
  watched_.set_watcher(nullptr);
}

void AdminWatch::on_timer(net::Timer& timer) {
  wall_ahead_ms_ = watched_.hub().clock().wall_ms() - to_ms(loop_.now().time_since_epoch());
  for (Admin& admin : admins_)
    if (std::exchange(admin.missed_something, false)) tell(admin, all_sockets());
  tell(server_stats(traffic_.take()));
  timer.arm_in(kStatsInterval);
}

std::int64_t AdminWatch::wall_ms() const {
  return wall_ahead_ms_ + to_ms(loop_.now().time_since_epoch());
}

std::string AdminWatch::time() const {
  std::string text = ",\"";
  proto::append_wire_time(text, wall_ms());
  return text + '"';
}

void AdminWatch::tell(std::string_view items) {
  for (Admin& admin : admins_) tell(admin, items);
}

// Whoever is behind is told nothing until he has read what he was told.
void AdminWatch::tell(Admin& admin, std::string_view items) {
  Socket* socket = own_->hub().find(admin.ref);
  if (socket == nullptr || socket->link.transport() == nullptr) return;
  const bool is_behind = socket->link.transport()->backlog() > kMostBacklog;
  if (is_behind || admin.missed_something) {
    admin.missed_something = true;
    return;
  }
  own_->hub().send_event(*socket, {.items = items, .attachments = nullptr, .ack_id = {}});
}

// --- sockets

void AdminWatch::tell_room(std::string_view what, const Socket& socket, std::string_view room) {
  std::string items = fmt::format("\"{}\"", what);
  add(items, socket.ns.name);
  add(items, room);
  tell(add(items, socket.sid()) + time());
}

void AdminWatch::tell_connected(const Socket& socket) {
  tell_room("room_joined", socket, socket.sid());
  std::string items = R"("socket_connected",)";
  append_admin_socket(items, socket);
  tell(items + time());
}

void AdminWatch::tell_disconnected(const Socket& socket, std::string_view reason) {
  std::string items = R"("socket_disconnected")";
  add(items, socket.ns.name);
  add(items, socket.sid());
  tell(add(items, reason) + time());
  tell_room("room_left", socket, socket.sid());
  for (const Membership& membership : socket.rooms)
    tell_room("room_left", socket, membership.room->name);
}

void AdminWatch::on_connected(const Socket& socket) {
  if (is_client(socket)) tell_connected(socket);
}

void AdminWatch::on_disconnected(const Socket& socket, std::string_view reason) {
  if (is_client(socket)) tell_disconnected(socket, reason);
}

void AdminWatch::on_joined(const Socket& socket, std::string_view room) {
  if (is_client(socket)) tell_room("room_joined", socket, room);
}

void AdminWatch::on_left(const Socket& socket, std::string_view room) {
  if (is_client(socket)) tell_room("room_left", socket, room);
}

void AdminWatch::on_upgraded(const Link& link) {
  for (const Socket* socket = Hub::first_on(link); socket != nullptr;
       socket = socket->next_on_link) {
    std::string items = fmt::format(R"("socket_updated",{{"id":"{}","nsp":)", socket->sid());
    append_json_string(items, socket->ns.name);
    tell(items + R"(,"transport":"websocket"})");
  }
}

// --- events and traffic

void AdminWatch::on_session_opened() {
  traffic_.add(wall_ms(), TrafficCounts::Type::connections);
}

void AdminWatch::on_session_closed(std::string_view reason) {
  traffic_.add_disconnection(wall_ms(), engine_reason(reason));
}

void AdminWatch::on_received(std::size_t bytes) {
  const std::int64_t now_ms = wall_ms();
  traffic_.add(now_ms, TrafficCounts::Type::packets_in);
  traffic_.add(now_ms, TrafficCounts::Type::bytes_in, bytes);
}

// Packets without data, pings and the like, do not count: as with the official server.
void AdminWatch::on_sent(const Link& link, const net::FrameRun& run) {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < run.frames.size(); ++i) {
    const net::Frame& frame = run.frames[i];
    const std::string_view payload = frame.payload();
    const bool is_packet = !frame.binary && payload.size() > 1 && payload[0] == '4';
    if (!frame.binary && !is_packet) continue;
    ++packets;
    bytes += payload.size() - (is_packet ? 1 : 0);
    if (is_packet && (payload[1] == '2' || payload[1] == '5'))
      show_sent(link, run.frames.subspan(i));
  }
  if (packets == 0) return;
  const std::int64_t now_ms = wall_ms();
  traffic_.add(now_ms, TrafficCounts::Type::packets_out, packets);
  traffic_.add(now_ms, TrafficCounts::Type::bytes_out, bytes);
}

// The rest of a packet that was cut in two by the arena is not looked for: it is left out.
void AdminWatch::show_sent(const Link& link, std::span<const net::Frame> frames) {
  if (budget_.is_spent(loop_.now())) return budget_.leave_out();
  const WrittenEvent event = read_written(frames.front().payload());
  const Socket* socket = watched_.hub().find_on(link, event.ns);
  const auto attachments = attachments_behind(frames, event.attachments);
  if (socket == nullptr || !attachments) return budget_.leave_out();
  show("event_sent", *socket, event.array, &*attachments);
}

void AdminWatch::on_event(const Socket& socket, const proto::PacketView& packet,
                          const std::vector<std::string>* attachments) {
  if (budget_.is_spent(loop_.now())) return budget_.leave_out();
  show("event_received", socket, packet.payload, attachments);
}

void AdminWatch::show(std::string_view what, const Socket& socket, std::string_view array,
                      const std::vector<std::string>* attachments) {
  std::size_t bytes = array.size();
  if (attachments != nullptr)
    for (const std::string& attachment : *attachments) bytes += attachment.size();
  if (!budget_.take(bytes, loop_.now())) return;
  std::string items = fmt::format("\"{}\"", what);
  add(items, socket.ns.name);
  add(items, socket.sid());
  items += ',';
  items += array;
  items += time();
  for (const Admin& admin : admins_) {
    Socket* looking = own_->hub().find(admin.ref);
    const net::Transport* transport = looking == nullptr ? nullptr : looking->link.transport();
    if (transport == nullptr) continue;
    if (admin.missed_something || transport->backlog() > kMostBacklog / 2) {
      budget_.leave_out();
    } else {
      own_->hub().send_event(*looking, {.items = items, .attachments = attachments, .ack_id = {}});
    }
  }
}

// --- summaries

std::string AdminWatch::all_sockets() const {
  std::string items = R"("all_sockets",[)";
  std::size_t count = 0;
  const auto add_socket = [&](const Socket& socket) {
    if (!is_client(socket) || count >= kMostSockets || items.size() > kMostSocketBytes) return;
    if (count++ > 0) items += ',';
    append_admin_socket(items, socket);
  };
  own_->hub().for_each_socket(add_socket);
  watched_.hub().for_each_socket(add_socket);
  return items + "]";
}

std::string AdminWatch::namespaces() const {
  std::string out = "[";
  std::size_t count = 0;
  const auto add_namespace = [&](std::string_view name, std::size_t sockets) {
    if (count++ >= kMostNamespaces) return;
    out += out.back() == '[' ? "{\"name\":" : ",{\"name\":";
    append_json_string(out, name);
    out += fmt::format(R"(,"socketsCount":{}}})", sockets);
  };
  const Namespace* root = watched_.hub().find_namespace("/");
  add_namespace("/", root == nullptr ? 0 : root->sockets.size());
  own_->hub().for_each_namespace(
      [&](const Namespace& ns) { add_namespace(ns.name, ns.sockets.size()); });
  watched_.hub().for_each_namespace([&](const Namespace& ns) {
    if (ns.name != "/") add_namespace(ns.name, ns.sockets.size());
  });
  return out + "]";
}

std::string AdminWatch::server_stats(std::string_view traffic) const {
  const std::string host = proto::json_string(host_name());
  return fmt::format(
      R"("server_stats",{{"serverId":{},"hostname":{},"pid":{},"uptime":{:.3f},"clientsCount":{},)"
      R"("pollingClientsCount":{},"aggregatedEvents":{},"namespaces":{},"eventsLeftOut":{}}})",
      host, host, ::getpid(), static_cast<double>(to_ms(loop_.now() - started_at_)) / 1000,
      watched_.sessions() + own_->sessions(),
      watched_.polling_sessions() + own_->polling_sessions(), traffic, namespaces(),
      budget_.left_out());
}

}  // namespace sio::server

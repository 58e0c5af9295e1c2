#include "server/app.h"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "proto/attachments.h"
#include "proto/json_text.h"

namespace sio::server {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstBackoff = 100ms;
constexpr Duration kLongestBackoff = 5s;
constexpr Duration kStableLife = 10s;
constexpr Duration kOptionsWait = 1s;
constexpr std::size_t kMaxUnread = 4u << 20;
constexpr std::size_t kMaxLine = 64u << 20;

// `{"key":"value"` and the like.
void add_text(std::string& out, std::string_view key, std::string_view value) {
  out += out.empty() || out.back() == '{' ? "\"" : ",\"";
  out += key;
  out += "\":";
  proto::append_json_string(out, value);
}

void add_raw(std::string& out, std::string_view key, std::string_view json) {
  out += out.empty() || out.back() == '{' ? "\"" : ",\"";
  out += key;
  out += "\":";
  out += json;
}

std::string facts_of(const ConnectRequest& request) {
  std::string facts;
  add_text(facts, "sid", request.sid);
  return facts + "," + describe_client(request.ns, request.auth, request.handshake);
}

std::string describe_exit(int status) {
  if (WIFSIGNALED(status)) return fmt::format("killed by signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

std::vector<std::string_view> views(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

}  // namespace

AppPolicy::AppPolicy(net::Loop& loop, CommandLauncher& launcher)
    : loop_(loop),
      launcher_(launcher),
      restart_timer_(loop, *this),
      options_timer_(loop, *this),
      backoff_(kFirstBackoff) {}

AppPolicy::~AppPolicy() = default;

// --- the child's life

Status AppPolicy::start() {
  ended_.reset();
  SIO_TRY(child_, launcher_.launch(*this));
  started_at_ = loop_.now();
  line_number_ = 0;
  partial_.clear();
  skipping_line_ = false;
  if (!unsent_.empty()) child_->write(std::exchange(unsent_, {}));
  if (may_still_ask_to_decide_ && !options_timer_.armed()) options_timer_.arm_in(kOptionsWait);
  return {};
}

void AppPolicy::on_exit(int status) {
  ended_ = std::move(child_);
  if (loop_.now() - started_at_ >= kStableLife) backoff_ = kFirstBackoff;
  log(LogLevel::error,
      fmt::format("the application ended ({}); starting it again in {} ms", describe_exit(status),
                  std::chrono::duration_cast<std::chrono::milliseconds>(backoff_).count()));
  announce_again();
  restart_timer_.arm_in(backoff_);
  backoff_ = std::min(backoff_ * 2, kLongestBackoff);
}

void AppPolicy::on_timer(net::Timer& timer) {
  if (&timer == &options_timer_) return end_waiting_for_options();
  if (const Status status = start(); !status) {
    log(LogLevel::error, fmt::format("start the application: {}", status.error().message));
    restart_timer_.arm_in(backoff_);
  }
}

// Whatever the next child must know of those who are there; what happens from now on follows.
void AppPolicy::announce_again() {
  for (const auto& [sid, known] : known_) {
    if (known.is_connected) {
      write_connect(known, ",\"restarted\":true");
    } else if (!may_still_ask_to_decide_) {
      write_connect(known, ",\"decide\":true");
    }
  }
}

void AppPolicy::end_waiting_for_options() {
  if (!std::exchange(may_still_ask_to_decide_, false)) return;
  options_timer_.cancel();
  settle_waiting();
}

// Connections that came before it was known whether the application wants to decide.
void AppPolicy::settle_waiting() {
  std::vector<std::string> waiting;
  for (const auto& [sid, known] : known_)
    if (!known.is_connected) waiting.push_back(sid);
  for (const std::string& sid : waiting) {
    if (decides_) {
      write_connect(known_.find(sid)->second, ",\"decide\":true");
    } else {
      server_->decide(sid, Admission::accept());
    }
  }
}

// Those who were let in unasked come back, and are asked then.
void AppPolicy::ask_again() {
  std::set<Link*> links;
  server_->hub().for_each_socket([&](Socket& socket) { links.insert(&socket.link); });
  for (Link* link : links) link->kick("the application decides now who may come in");
}

// --- towards the application

std::size_t AppPolicy::unread() const {
  return child_ == nullptr ? unsent_.size() : child_->input_backlog();
}

void AppPolicy::write_line(std::string_view line) {
  if (child_ != nullptr) return child_->write(line);
  unsent_ += line;
}

void AppPolicy::write_connect(const Known& known, std::string_view more) {
  write_line(fmt::format("{{\"type\":\"connect\",{}{}}}\n", known.facts, more));
}

void AppPolicy::on_input_drained() {
  if (!std::exchange(paused_clients_, false)) return;
  server_->hub().for_each_socket([](Socket& socket) { socket.link.resume_reading(); });
}

Admission AppPolicy::on_connect_request(const ConnectRequest& request) {
  Known& known = known_[std::string(request.sid)];
  known.facts = facts_of(request);
  if (may_still_ask_to_decide_) return Admission::later();
  if (!decides_) return Admission::accept();
  write_connect(known, ",\"decide\":true");
  return Admission::later();
}

void AppPolicy::on_request_withdrawn(std::string_view sid) {
  const auto it = known_.find(sid);
  if (it == known_.end()) return;
  const bool was_told = decides_ && !may_still_ask_to_decide_;
  known_.erase(it);
  if (was_told)
    write_line(fmt::format(
        "{{\"type\":\"disconnect\",\"sid\":\"{}\",\"reason\":\"transport close\"}}\n", sid));
}

void AppPolicy::on_connected(Socket& socket) {
  const auto it = known_.find(socket.sid());
  if (it == known_.end()) return;
  it->second.is_connected = true;
  if (!decides_) write_connect(it->second, "");
}

void AppPolicy::on_event(Socket& socket, const proto::PacketView& packet,
                         const std::vector<std::string>* attachments) {
  write_message("event", socket, packet, attachments);
}

void AppPolicy::on_ack(Socket& socket, const proto::PacketView& packet,
                       const std::vector<std::string>* attachments) {
  if (packet.ack_id) write_message("ack", socket, packet, attachments);
}

void AppPolicy::on_answer(std::string_view ns, std::uint64_t tag, std::string_view value,
                          std::span<const std::string> attachments) {
  std::string line = "{";
  add_text(line, "type", "ack");
  add_text(line, "ns", ns);
  const std::vector<std::string> binary(attachments.begin(), attachments.end());
  add_raw(line, "args", one_line(fmt::format("[{}]", proto::to_ndjson_args(value, binary))));
  add_raw(line, "ack", std::to_string(tag));
  write_line(line + "}\n");
}

void AppPolicy::write_message(std::string_view type, const Socket& socket,
                              const proto::PacketView& packet,
                              const std::vector<std::string>* attachments) {
  static const std::vector<std::string> kNone;
  std::string line = "{";
  add_text(line, "type", type);
  add_text(line, "from", socket.sid());
  add_text(line, "ns", socket.ns.name);
  if (!packet.event_json.empty()) add_raw(line, "event", packet.event_json);
  const std::string args =
      proto::to_ndjson_args(packet.args, attachments == nullptr ? kNone : *attachments);
  add_raw(line, "args", one_line(fmt::format("[{}]", args)));
  if (packet.ack_id) add_raw(line, "ack", std::to_string(*packet.ack_id));
  line += "}\n";
  write_line(line);
  if (unread() <= kMaxUnread) return;
  paused_clients_ = true;
  socket.link.pause_reading();
}

void AppPolicy::on_disconnecting(Socket& socket, std::string_view reason) {
  const auto it = known_.find(socket.sid());
  if (it == known_.end()) return;
  known_.erase(it);
  std::string line = "{";
  add_text(line, "type", "disconnect");
  add_text(line, "sid", socket.sid());
  add_text(line, "ns", socket.ns.name);
  add_text(line, "reason", reason);
  line += "}\n";
  write_line(line);
}

// --- from the application

void AppPolicy::on_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (end == std::string_view::npos || !partial_.empty()) {
      if (!skipping_line_) partial_ += piece;
      if (partial_.size() > kMaxLine) {
        log(LogLevel::error, fmt::format("application line {}: too long", line_number_ + 1));
        partial_.clear();
        skipping_line_ = true;
      }
    }
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    if (!std::exchange(skipping_line_, false)) take_line(partial_.empty() ? piece : partial_);
    partial_.clear();
  }
  if (loop_.frames().size() > server_->hub().backlog_limit()) loop_.finish_turn();
}

void AppPolicy::take_line(std::string_view line) {
  ++line_number_;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  const auto command = parse_app_command(line);
  const Status status = command ? apply(*command) : tl::unexpected(command.error());
  if (!status)
    log(LogLevel::warning,
        fmt::format("application line {}: {}", line_number_, status.error().message));
  if (may_still_ask_to_decide_) end_waiting_for_options();
}

Result<Socket*> AppPolicy::socket_of(const AppCommand& command) {
  Socket* socket = server_->hub().find_sid(command.sid);
  if (socket == nullptr)
    return fail(Errc::not_found, fmt::format("no socket has the sid {}", command.sid));
  return socket;
}

Status AppPolicy::apply(const AppCommand& command) {
  using Type = AppCommand::Type;
  switch (command.type) {
    case Type::event:
      return send(command);
    case Type::options:
      if (command.decide && !std::exchange(decides_, true) && !may_still_ask_to_decide_)
        ask_again();
      return {};
    case Type::accept:
      server_->decide(command.sid, Admission::accept());
      return {};
    case Type::refuse:
      known_.erase(command.sid);
      server_->decide(command.sid, Admission::refuse(command.message, command.data));
      return {};
    default:
      break;
  }
  if (change_elsewhere(command)) return {};
  SIO_TRY(Socket* const socket, socket_of(command));
  if (command.type == Type::ack) {
    server_->hub().send_ack(*socket, *command.ack, command.args, &command.attachments);
    return {};
  }
  if (command.type != Type::disconnect) return change_rooms(*socket, command);
  command.close ? socket->link.disconnect_all() : socket->link.disconnect(*socket);
  return {};
}

// A socket that is not here may be one of another server; nobody says whether it is.
bool AppPolicy::change_elsewhere(const AppCommand& command) {
  ClusterNode* const cluster = server_->hub().cluster();
  if (cluster == nullptr || command.type == AppCommand::Type::ack ||
      server_->hub().find_sid(command.sid) != nullptr)
    return false;
  const std::array<std::string_view, 1> sid{command.sid};
  const cluster::Selection who{command.ns, sid, {}};
  const std::vector<std::string_view> rooms = views(command.rooms);
  if (command.type == AppCommand::Type::join) {
    cluster->join(who, rooms);
  } else if (command.type == AppCommand::Type::leave) {
    cluster->leave(who, rooms);
  } else {
    cluster->disconnect(who, command.close);
  }
  return true;
}

Status AppPolicy::change_rooms(Socket& socket, const AppCommand& command) {
  for (const std::string& room : command.rooms) {
    if (command.type == AppCommand::Type::join) {
      SIO_TRY_STATUS(server_->hub().join(socket, room));
    } else {
      server_->hub().leave(socket, room);
    }
  }
  return {};
}

Status AppPolicy::send(const AppCommand& command) {
  Hub& hub = server_->hub();
  Socket* const first = command.to.empty() ? nullptr : hub.find_sid(command.to.front());
  Namespace& ns = first != nullptr ? first->ns : hub.open_namespace(command.ns);
  std::string items = proto::json_string(command.event);
  if (!command.args.empty()) items += ',';
  items += command.args;
  const std::vector<std::string_view> to = views(command.to);
  const std::vector<std::string_view> except = views(command.except);
  const auto* attachments = command.attachments.empty() ? nullptr : &command.attachments;
  if (command.ack) {
    hub.send_event(ns, to, except,
                   {.items = items, .attachments = attachments, .ack_id = command.ack});
    if (hub.cluster() != nullptr)
      hub.cluster()->ask(
          {.to = {ns.name, to, except}, .items = items, .attachments = command.attachments},
          *command.ack);
    return {};
  }
  hub.publish({.ns = &ns,
               .event = command.event,
               .items = items,
               .args = std::string_view(items).substr(items.size() - command.args.size()),
               .attachments = attachments,
               .rooms = to,
               .except = except,
               .is_volatile = command.is_volatile});
  return {};
}

}  // namespace sio::server

#include "server/responders.h"

#include <algorithm>
#include <array>

#include "proto/glob.h"
#include "proto/sio_extension.h"
#include "server/hub.h"

namespace sio::server {
namespace {

// Bytes of questions that one responder may leave open.
constexpr std::size_t kMaxOpenBytes = 16u << 20;
constexpr std::size_t kMaxOpenQuestions = 100'000;

bool answers(const Socket& socket, std::string_view event) {
  return std::ranges::any_of(socket.answers->globs, [event](const std::string& glob) {
    return proto::glob_match(glob, event);
  });
}

std::vector<std::string> copy_of(const std::vector<std::string>* attachments) {
  return attachments == nullptr ? std::vector<std::string>() : *attachments;
}

}  // namespace

std::size_t Question::bytes() const {
  std::size_t sum = event_json.size() + args.size();
  for (const std::string& attachment : attachments) sum += attachment.size();
  return sum;
}

void Responders::add(Socket& socket, std::vector<std::string> globs) {
  socket.answers = std::make_unique<Responder>();
  socket.answers->globs = std::move(globs);
  socket.ns.responders.push_back(&socket);
}

void Responders::remove(Socket& socket) {
  if (socket.answers == nullptr) return;
  std::erase(socket.ns.responders, &socket);
  const std::unique_ptr<Responder> gone = std::move(socket.answers);
  for (auto& [ack_id, question] : gone->open) {
    Socket* asker = hub_.find(question.asker);
    if (asker == nullptr) continue;
    Socket* next = choose(*asker, question.event, question.bytes());
    if (next != nullptr) {
      put(*next, std::move(question));
    } else {
      hub_.send_ack(*asker, question.ack_id,
                    proto::encode_refusal("unavailable", "the responder left without an answer"));
    }
  }
}

// The next one in turn that answers `event`, is not the asker itself, and has not too much to
// answer already.
Socket* Responders::choose(const Socket& asker, std::string_view event, std::size_t bytes) {
  Namespace& ns = asker.ns;
  for (std::size_t i = 0; i < ns.responders.size(); ++i) {
    Socket* socket = ns.responders[ns.next_responder++ % ns.responders.size()];
    if (socket == &asker || !answers(*socket, event)) continue;
    if (socket->answers->open_bytes + bytes > kMaxOpenBytes) continue;
    if (socket->answers->open.size() >= kMaxOpenQuestions) continue;
    return socket;
  }
  return nullptr;
}

bool Responders::ask(Socket& asker, const proto::PacketView& packet,
                     const std::vector<std::string>* attachments, const Relayed& relayed) {
  const auto covers = [&](Socket* socket) {
    return socket != &asker && answers(*socket, packet.event);
  };
  if (std::ranges::none_of(asker.ns.responders, covers)) return false;
  Question question{.asker = asker.ref,
                    .ack_id = *packet.ack_id,
                    .event = std::string(packet.event),
                    .event_json = std::string(packet.event_json),
                    .args = std::string(packet.args),
                    .attachments = copy_of(attachments),
                    .time_ms = hub_.clock().wall_ms(),
                    .from = std::string(asker.sid())};
  Socket* responder = choose(asker, packet.event, question.bytes());
  if (responder == nullptr) {
    hub_.send_ack(asker, *packet.ack_id,
                  proto::encode_refusal("full", "every responder has too much to answer"));
    return true;
  }
  if (relayed.is_relayed) {
    const std::string items =
        question.event_json + (question.args.empty() ? "" : ",") + question.args;
    const std::array<std::string_view, 1> except{responder->sid()};
    question.seq = hub_.publish_now(
        {.ns = &asker.ns,
         .sender = &asker,
         .event = question.event,
         .items = items,
         .args = std::string_view(items).substr(items.size() - question.args.size()),
         .numeric_name = !question.event_json.starts_with('"'),
         .attachments = attachments,
         .rooms = relayed.rooms,
         .except = except});
  }
  put(*responder, std::move(question));
  return true;
}

void Responders::put(Socket& responder, Question question) {
  std::string items = question.event_json;
  if (!question.args.empty()) items += ',';
  items += question.args;
  if (responder.kind->meta) {
    items += ',';
    const store::Store* store = hub_.store();
    proto::append_meta(
        items, {.id = question.seq == 0 ? std::string()
                                        : proto::format_record_id(store->name(), question.seq),
                .time_ms = question.time_ms,
                .from = question.from});
  }
  const std::uint64_t ack_id = responder.ns.next_ack_id++;
  Question& open = responder.answers->open.emplace(ack_id, std::move(question)).first->second;
  responder.answers->open_bytes += open.bytes();
  hub_.send_event(responder, {.items = items,
                              .attachments = open.attachments.empty() ? nullptr : &open.attachments,
                              .ack_id = ack_id});
}

void Responders::on_ack(Socket& socket, const proto::PacketView& packet,
                        const std::vector<std::string>* attachments) {
  if (socket.answers == nullptr || !packet.ack_id) return;
  const auto it = socket.answers->open.find(*packet.ack_id);
  if (it == socket.answers->open.end()) return;
  const Question question = std::move(it->second);
  socket.answers->open_bytes -= question.bytes();
  socket.answers->open.erase(it);
  if (Socket* asker = hub_.find(question.asker); asker != nullptr)
    hub_.send_ack(*asker, question.ack_id, packet.args, attachments);
}

}  // namespace sio::server

// Listeners that answer events: who is asked, and what became of the question.
//
// An event that asks for an ack and matches a responder's globs is sent to one responder of its
// namespace, round robin, as an event that asks for an ack; the answer is passed on to the asker.
// When the responder leaves before it has answered, the next one is asked (it may have seen the
// event before, as an ordinary listener); when there is none the asker is refused with
// `unavailable`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/packet.h"
#include "server/socket_ref.h"

namespace sio::server {

class Hub;
class Socket;

// A question that a responder has not answered yet.
struct Question {
  SocketRef asker;
  std::uint64_t ack_id = 0;  // the asker's
  std::string event;
  std::string event_json;
  std::string args;
  std::vector<std::string> attachments;
  std::uint64_t seq = 0;  // its record, 0 if it was not stored
  std::int64_t time_ms = 0;
  std::string from;
  std::size_t bytes() const;
};

// What a socket that answers carries.
struct Responder {
  std::vector<std::string> globs;
  std::unordered_map<std::uint64_t, Question> open;  // by the ack id that we asked with
  std::size_t open_bytes = 0;
};

// Loop thread only.
class Responders {
 public:
  explicit Responders(Hub& hub) : hub_(hub) {}

  // `socket` answers events that match `globs`, until remove().
  static void add(Socket& socket, std::vector<std::string> globs);
  // Its open questions go to others.
  void remove(Socket& socket);

  // Where an event goes besides the responder.
  struct Relayed {
    bool is_relayed = false;
    std::span<const std::string_view> rooms;  // empty: the whole namespace
  };

  // Asks somebody. False: nobody here answers this event, and the caller goes on as if there were
  // no responders.
  bool ask(Socket& asker, const proto::PacketView& packet,
           const std::vector<std::string>* attachments, const Relayed& relayed);
  // An ack that came from `socket`: passed on if it answers a question.
  void on_ack(Socket& socket, const proto::PacketView& packet,
              const std::vector<std::string>* attachments);

 private:
  static Socket* choose(const Socket& asker, std::string_view event, std::size_t bytes);
  void put(Socket& responder, Question question);

  Hub& hub_;
};

}  // namespace sio::server

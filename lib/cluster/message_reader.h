// Reading what the messages of both dialects have in common. Pure; an error is Errc::protocol and
// says what is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cluster/cluster_message.h"

namespace sio::cluster {

inline constexpr std::size_t kMaxId = 256;

inline tl::unexpected<Error> refuse(std::string message) {
  return fail(Errc::protocol, std::move(message));
}

// A message as JSON.
struct MessageText {
  std::string json;
  std::vector<std::string> attachments;
};
Result<MessageText> read_msgpack(std::string_view bytes);
Result<MessageText> read_json(std::string_view bytes);
Result<MessageText> read_either(std::string_view bytes);

// The members of an object, by name. A view.
class MessageObject {
 public:
  static Result<MessageObject> of(std::string_view json, std::string_view what);

  // None, too, if it is null.
  std::optional<std::string_view> member(std::string_view name) const;
  Result<MessageObject> object(std::string_view name) const;
  // "" if there is none.
  Result<std::string> text(std::string_view name, std::size_t max = kMaxId) const;
  std::optional<std::uint64_t> number(std::string_view name) const;
  bool flag(std::string_view name) const { return member(name) == "true"; }
  // Names, which Node.js lets be numbers. None if there is no such member.
  Result<std::vector<std::string>> names(std::string_view name) const;

 private:
  explicit MessageObject(std::string_view json) : json_(json) {}
  std::string_view json_;
};

// The options of a broadcast: whom it is for, and how.
Status read_options(const MessageObject& message, std::string_view member, ClusterMessage& out);
// The packet of a broadcast whose options and attachments `out` has.
Status read_packet(const MessageObject& packet, ClusterMessage& out);
// A value of which nothing but itself is known.
Status read_value(const MessageObject& message, std::string_view member, ClusterMessage& out);
// "" is the main namespace.
Status check_ns(std::string& ns);

}  // namespace sio::cluster

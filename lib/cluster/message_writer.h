// Writing what the messages of both dialects have in common. Pure. What begins with add_ appends.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.h"

namespace sio::cluster {

inline std::vector<std::string_view> views(std::span<const std::string> strings) {
  return {strings.begin(), strings.end()};
}

void add_names(std::string& out, std::span<const std::string_view> names);
// The member `opts` and its value, without a comma in front.
void add_options(std::string& out, const Selection& who);
// The value of `opts` of a broadcast; a timeout of 0 is not said.
void add_event_options(std::string& out, const ClusterEvent& event, std::uint64_t timeout_ms);
void add_packet(std::string& out, const ClusterEvent& event, bool with_ns);
// An object that is still open, closed behind a member `rooms`.
std::string with_rooms(std::string json, std::span<const std::string_view> rooms);
std::string sockets_json(std::span<const RemoteSocket> sockets);
// JSON with placeholders where the attachments belong.
std::string to_msgpack(std::string_view json, std::span<const std::string> attachments);

}  // namespace sio::cluster

#include "proto/mask.h"

#include <nlohmann/json.hpp>

namespace sio::proto {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kMask = "***";

// `sio` is our own part of what is presented; a position in a stream is of no use to others.
bool is_open_member(Speaker speaker, const std::string& name) {
  return speaker == Speaker::server ? name != "pid" : name == "sio" || name == "offset";
}

}  // namespace

std::string mask_packet(Speaker speaker, std::string_view packet) {
  const std::size_t begin = packet.find('{');
  if (!packet.starts_with("40") || begin == std::string_view::npos) return std::string(packet);
  const std::string front(packet.substr(0, begin));
  Json payload = Json::parse(packet.substr(begin), nullptr, false);
  if (!payload.is_object()) return front + kMask;
  for (auto& [name, value] : payload.items())
    if (!is_open_member(speaker, name)) value = kMask;
  return front + payload.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sio::proto

#include "store/redis_meta.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace sio::store {
namespace {

using std::chrono::milliseconds;

template <typename Integer>
bool parse_whole(std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_store_name(std::string_view name) {
  return name.size() >= 4 && name.size() <= 8 && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

}  // namespace

Result<std::optional<RedisMeta>> read_meta(RedisConnection& connection, const RedisKeys& keys,
                                           milliseconds timeout) {
  SIO_TRY(const RedisReply reply, connection.call({"HGETALL", keys.meta}, timeout));
  std::string_view format;
  RedisMeta meta;
  std::string_view reserved;
  bool is_foreign = false;
  for (std::size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2) {
    const std::string_view field = text_of(*reply->element[i]);
    const std::string_view value = text_of(*reply->element[i + 1]);
    if (field == "format") format = value;
    if (field == "name") meta.name = value;
    if (field == "reserved") reserved = value;
    if (field == "run_id") meta.run_id = value;
    is_foreign = is_foreign || field != "epoch";
  }
  if (format.empty() && is_foreign)
    return fail(Errc::refused, fmt::format("the key {} is in the way: it is not sio's; ?key=NAME "
                                           "names other keys",
                                           keys.meta));
  if (format.empty()) return std::optional<RedisMeta>();
  if (format != fmt::to_string(kRedisFormat))
    return fail(Errc::unavailable,
                fmt::format("{}: format {}: written by a newer sio", keys.meta, format));
  if (!is_store_name(meta.name) || !parse_whole(reserved, meta.reserved) || meta.reserved == 0)
    return fail(Errc::protocol,
                fmt::format("{}: its name or its field reserved makes no sense: it was damaged",
                            keys.meta));
  return std::optional(std::move(meta));
}

Status write_meta(RedisConnection& connection, const RedisKeys& keys, const RedisMeta& meta,
                  milliseconds timeout) {
  return connection
      .call({"HSET", keys.meta, "format", fmt::to_string(kRedisFormat), "name", meta.name,
             "reserved", fmt::to_string(meta.reserved), "run_id", meta.run_id},
            timeout)
      .map([](const RedisReply&) {});
}

RedisInfo parse_info(std::string_view text) {
  RedisInfo info;
  std::string host, port;
  const std::pair<std::string_view, std::string*> wanted[] = {
      {"redis_version", &info.version},
      {"run_id", &info.run_id},
      {"role", &info.role},
      {"master_host", &host},
      {"master_port", &port},
      {"aof_enabled", &info.aof_enabled},
      {"maxmemory", &info.maxmemory},
      {"maxmemory_policy", &info.maxmemory_policy}};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    for (const auto& [name, place] : wanted)
      if (line.substr(0, colon) == name) *place = line.substr(colon + 1);
  }
  if (!host.empty()) info.master = fmt::format("{}:{}", host, port);
  return info;
}

RedisInfo read_info(RedisConnection& connection, milliseconds timeout) {
  const auto reply = connection.call({"INFO"}, timeout);
  if (!reply) return {};
  RedisInfo info = parse_info(text_of(**reply));
  const auto config = connection.call({"CONFIG", "GET", "appendfsync"}, timeout);
  if (config && (*config)->type == REDIS_REPLY_ARRAY && (*config)->elements == 2)
    info.appendfsync = text_of(*(*config)->element[1]);
  return info;
}

bool is_at_least(std::string_view version, unsigned major, unsigned minor) {
  unsigned have_major = 0;
  unsigned have_minor = 0;
  const char* const end = version.data() + version.size();
  const auto [dot, error] = std::from_chars(version.data(), end, have_major);
  if (error != std::errc() || dot == end || *dot != '.') return true;
  if (std::from_chars(dot + 1, end, have_minor).ec != std::errc()) return true;
  return have_major > major || (have_major == major && have_minor >= minor);
}

}  // namespace sio::store

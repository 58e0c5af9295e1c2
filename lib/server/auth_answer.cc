#include "server/auth_answer.h"

#include <fmt/format.h>

#include "proto/json_text.h"
#include "proto/limits.h"
#include "server/token_file.h"

namespace sio::server {
namespace {

using proto::JsonKind;

constexpr std::size_t kMaxGlobsEach = 64;
constexpr std::size_t kMaxMessage = 1024;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

tl::unexpected<Error> misfit(const proto::MemberReader& member, std::string_view expected) {
  return fail(Errc::protocol, fmt::format("{}: expected {}", member.key_literal(), expected));
}

Result<std::vector<std::string>> globs_of(const proto::MemberReader& member) {
  std::vector<std::string_view> values{member.value()};
  if (proto::json_kind(member.value()) == JsonKind::array)
    values = proto::array_elements(member.value());
  if (values.size() > kMaxGlobsEach)
    return fail(Errc::protocol,
                fmt::format("{}: more than {} patterns", member.key_literal(), kMaxGlobsEach));
  std::vector<std::string> globs;
  for (const std::string_view value : values) {
    if (proto::json_kind(value) != JsonKind::string) return misfit(member, "a string, or strings");
    globs.push_back(proto::json_name(value));
    if (globs.back().size() > proto::kMaxGlob) return misfit(member, "shorter patterns");
  }
  return globs;
}

}  // namespace

Result<std::vector<Grant>> parse_granted(std::string_view output) {
  if (is_blank(output)) return std::vector<Grant>{Grant()};
  SIO_TRY(const JsonKind kind, proto::check_json(output));
  if (kind != JsonKind::object) return fail(Errc::protocol, "expected a JSON object, or nothing");
  std::vector<std::string> namespaces{"*"};
  std::vector<std::string> rooms{"*"};
  std::pair<bool, bool> mode{true, true};
  for (proto::MemberReader member(output); member.next();) {
    if (member.key_is("ns")) {
      SIO_TRY(namespaces, globs_of(member));
    } else if (member.key_is("rooms")) {
      SIO_TRY(rooms, globs_of(member));
    } else if (member.key_is("mode")) {
      const auto read = proto::json_kind(member.value()) == JsonKind::string
                            ? parse_access_mode(proto::json_unescape(member.value()))
                            : std::nullopt;
      if (!read) return misfit(member, "\"rw\", \"r\" or \"w\"");
      mode = *read;
    } else {
      return fail(Errc::protocol, fmt::format("no such member: {} (they are ns, rooms and mode)",
                                              member.key_literal()));
    }
  }
  std::vector<Grant> grants;
  for (const std::string& ns : namespaces)
    for (const std::string& room : rooms) grants.push_back({ns, room, mode.first, mode.second});
  return grants;
}

AuthRefusal parse_refused(std::string_view output) {
  AuthRefusal refusal{.message = "refused", .data = {}};
  const auto kind = proto::check_json(output);
  if (!kind || *kind != JsonKind::object) return refusal;
  const auto message = proto::object_member(output, "message");
  if (message && proto::json_kind(*message) == JsonKind::string && message->size() <= kMaxMessage)
    refusal.message = proto::json_unescape(*message);
  if (const auto data = proto::object_member(output, "data")) refusal.data = *data;
  return refusal;
}

}  // namespace sio::server

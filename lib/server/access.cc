#include "server/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/glob.h"
#include "server/record_filter.h"

namespace sio::server {
namespace {

constexpr std::string_view kAllRooms = "*";

tl::unexpected<Error> forbidden(std::string message) {
  return fail(Errc::refused, std::move(message));
}

}  // namespace

std::unique_ptr<Access> Access::in(std::string_view ns, std::span<const Grant> grants) {
  auto access = std::make_unique<Access>();
  for (const Grant& grant : grants)
    if (proto::glob_match(grant.ns, ns)) access->grants_.push_back(grant);
  return access->grants_.empty() ? nullptr : std::move(access);
}

bool Access::reads() const {
  return std::ranges::any_of(grants_, &Grant::read);
}

bool Access::writes() const {
  return std::ranges::any_of(grants_, &Grant::write);
}

bool Access::reads_all() const {
  return std::ranges::any_of(grants_,
                             [](const Grant& g) { return g.read && g.rooms == kAllRooms; });
}

bool Access::writes_all() const {
  return std::ranges::any_of(grants_,
                             [](const Grant& g) { return g.write && g.rooms == kAllRooms; });
}

bool Access::reads(std::string_view room) const {
  return std::ranges::any_of(
      grants_, [room](const Grant& g) { return g.read && proto::glob_match(g.rooms, room); });
}

bool Access::writes(std::string_view room) const {
  return std::ranges::any_of(
      grants_, [room](const Grant& g) { return g.write && proto::glob_match(g.rooms, room); });
}

Status Access::check_rooms(std::span<const std::string> rooms) const {
  for (const std::string& room : rooms)
    if (!reads(room)) return forbidden(fmt::format("this token may not read room {}", room));
  return {};
}

Status Access::check_publish(std::span<const std::string_view> rooms) const {
  if (rooms.empty() && !writes_all())
    return forbidden(writes() ? "this token may publish to rooms only"
                              : "this token may not publish here");
  for (const std::string_view room : rooms)
    if (!writes(room)) return forbidden(fmt::format("this token may not publish to room {}", room));
  return {};
}

Status Access::check(std::string_view ns, const proto::Hello& hello,
                     const store::Groups* groups) const {
  SIO_TRY_STATUS(check_rooms(hello.rooms));
  const bool wants_past = hello.since || hello.until || hello.tail;
  const std::string& group_name = hello.group.empty() ? hello.inspect : hello.group;
  if (!reads() && (wants_past || !group_name.empty() || !hello.respond.empty()))
    return forbidden("this token may not read here");
  if (hello.all_rooms && hello.inspect.empty() && !reads_all())
    return forbidden("this token may not read all rooms: name those that it may");
  if (!hello.respond.empty() && !(reads_all() && writes_all()))
    return forbidden("this token may not answer events: it must be allowed to read and write all");
  const store::Group* group = groups == nullptr ? nullptr : groups->find(group_name);
  const auto filter =
      group == nullptr ? std::nullopt : RecordFilter::decode(group->settings().filter);
  if (!filter) return {};
  if (filter->ns() != ns)
    return forbidden(fmt::format("group {} belongs to another namespace", group_name));
  return check_rooms(filter->rooms());
}

}  // namespace sio::server

#include "server/sessions.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random_id.h"
#include "proto/limits.h"

namespace sio::server {
namespace {

// Clients that were lost and may come back; beyond this the oldest are forgotten.
constexpr std::size_t kMaxGone = 100'000;
constexpr std::int64_t kRetryMs = 1'000;
constexpr std::string_view kJournalName = "sessions";

}  // namespace

Result<std::unique_ptr<Sessions>> Sessions::open(store::Journals& journals, std::int64_t keep_ms,
                                                 std::int64_t now_ms) {
  auto sessions = std::make_unique<Sessions>(keep_ms);
  SIO_TRY(sessions->journal_, journals.open(kJournalName, *sessions));
  sessions->settle(now_ms);
  return sessions;
}

// After reading: nobody is connected.
void Sessions::settle(std::int64_t now_ms) {
  std::vector<Session*> all;
  for (const auto& [pid, session] : by_pid_) {
    if (session->gone_ms <= 0 || session->gone_ms > now_ms) session->gone_ms = now_ms;
    all.push_back(session.get());
  }
  std::ranges::sort(all, {}, &Session::gone_ms);
  for (const Session* session : all) remember_gone(*session);
  sweep(now_ms);
}

Session& Sessions::begin(Socket& socket, std::string_view sid, std::string_view ns,
                         store::Seq delivered) {
  auto owned = std::make_unique<Session>(Session{.pid = random_id(),
                                                 .sid = std::string(sid),
                                                 .ns = std::string(ns),
                                                 .rooms = {},
                                                 .delivered = delivered,
                                                 .at_ping = delivered,
                                                 .socket = &socket});
  Session& session = *owned;
  by_pid_.emplace(session.pid, std::move(owned));
  std::string change;
  append_open(change, session);
  if (journal_ != nullptr) journal_->add(change);
  has_changes_ = true;
  return session;
}

void Sessions::take_up(Session& session, Socket& socket) {
  session.socket = &socket;
  session.at_ping = session.delivered;
  session.gone_ms = 0;
  std::string time;
  append_varint(time, 0);
  put(Change::gone, session, time);
}

void Sessions::join(Session& session, std::string_view room) {
  session.rooms.emplace_back(room);
  std::string name;
  append_string(name, room);
  put(Change::join, session, name);
}

void Sessions::leave(Session& session, std::string_view room) {
  std::erase(session.rooms, room);
  std::string name;
  append_string(name, room);
  put(Change::leave, session, name);
}

void Sessions::set_delivered(Session& session, store::Seq seq) {
  session.delivered = seq;
  std::string number;
  append_varint(number, seq);
  put(Change::delivered, session, number);
}

void Sessions::part(Session& session, std::int64_t now_ms) {
  session.socket = nullptr;
  session.gone_ms = std::max<std::int64_t>(1, now_ms);
  std::string time;
  append_varint(time, static_cast<std::uint64_t>(session.gone_ms));
  put(Change::gone, session, time);
  remember_gone(session);
}

void Sessions::end(Session& session) {
  put(Change::end, session, {});
  by_pid_.erase(by_pid_.find(session.pid));
}

bool Sessions::is_over(const Session& session, std::int64_t now_ms) const {
  return session.gone_ms != 0 && now_ms - session.gone_ms > keep_ms_;
}

Session* Sessions::find(std::string_view pid, std::int64_t now_ms) {
  const auto it = by_pid_.find(pid);
  if (it == by_pid_.end() || is_over(*it->second, now_ms)) return nullptr;
  return it->second.get();
}

void Sessions::sweep(std::int64_t now_ms) {
  while (!gone_.empty()) {
    const auto& [gone_ms, pid] = gone_.front();
    const auto it = by_pid_.find(pid);
    const bool is_stale = it == by_pid_.end() || it->second->gone_ms != gone_ms;
    if (!is_stale) {
      if (!is_over(*it->second, now_ms) && gone_.size() <= kMaxGone) return;
      end(*it->second);
    }
    gone_.pop_front();
  }
}

// --- the journal

void Sessions::append_open(std::string& out, const Session& session) {
  append_fixed(out, static_cast<std::uint8_t>(Change::open));
  append_string(out, session.pid);
  append_string(out, session.sid);
  append_string(out, session.ns);
  append_varint(out, session.delivered);
  append_varint(out, static_cast<std::uint64_t>(session.gone_ms));
  append_varint(out, session.rooms.size());
  for (const std::string& room : session.rooms) append_string(out, room);
}

void Sessions::put(Change change, const Session& session, std::string_view rest) {
  has_changes_ = true;
  if (journal_ == nullptr) return;
  std::string text;
  append_fixed(text, static_cast<std::uint8_t>(change));
  append_string(text, session.pid);
  text += rest;
  journal_->add(text);
}

std::string Sessions::snapshot() const {
  std::string out;
  for (const auto& [pid, session] : by_pid_) append_open(out, *session);
  return out;
}

void Sessions::flush(std::int64_t now_ms) {
  if (!gone_.empty()) sweep(now_ms);
  if (journal_ == nullptr) return;
  if (!std::exchange(has_changes_, false) && !journal_->has_failed()) return;
  if (failed_ && now_ms < retry_ms_) {
    has_changes_ = true;
    return;
  }
  const Status written =
      journal_->wants_snapshot() ? journal_->write_snapshot(snapshot()) : journal_->flush();
  if (!written) {
    has_changes_ = true;
    retry_ms_ = now_ms + kRetryMs;
    if (!std::exchange(failed_, true))
      log(LogLevel::warning,
          fmt::format("sessions would not survive a restart: {}", written.error().message));
  } else if (std::exchange(failed_, false)) {
    log(LogLevel::info, "sessions are written again");
  }
}

Status Sessions::sync() {
  if (journal_ == nullptr) return {};
  if (journal_->wants_snapshot()) SIO_TRY_STATUS(journal_->write_snapshot(snapshot()));
  return journal_->sync();
}

void Sessions::on_snapshot(std::string_view snapshot) {
  by_pid_.clear();
  on_changes(snapshot);
}

void Sessions::on_changes(std::string_view changes) {
  ByteReader in(changes);
  while (in.left() > 0 && read_change(in)) {
  }
}

// False when the rest makes no sense.
bool Sessions::read_change(ByteReader& in) {
  const auto change = static_cast<Change>(in.fixed<std::uint8_t>());
  const std::string_view pid = in.string();
  if (change == Change::open) return read_open(in, pid);
  const bool names_room = change == Change::join || change == Change::leave;
  const std::string_view room = names_room ? in.string() : std::string_view();
  const std::uint64_t number = names_room || change == Change::end ? 0 : in.varint();
  if (!in.ok() || change < Change::open || change > Change::delivered) return false;
  const auto it = by_pid_.find(pid);
  if (it == by_pid_.end()) return true;
  Session& session = *it->second;
  if (change == Change::end) {
    by_pid_.erase(it);
  } else if (change == Change::gone) {
    session.gone_ms = static_cast<std::int64_t>(number);
  } else if (change == Change::delivered) {
    session.delivered = number;
  } else {
    std::erase(session.rooms, room);
    if (change == Change::join && session.rooms.size() < proto::kMaxRoomsPerSocket)
      session.rooms.emplace_back(room);
  }
  return true;
}

bool Sessions::read_open(ByteReader& in, std::string_view pid) {
  auto session = std::make_unique<Session>();
  session->pid = pid;
  session->sid = in.string();
  session->ns = in.string();
  session->delivered = in.varint();
  session->gone_ms = static_cast<std::int64_t>(in.varint());
  const std::uint64_t rooms = in.varint();
  for (std::uint64_t i = 0; i < rooms && in.ok(); ++i) session->rooms.emplace_back(in.string());
  if (!in.ok() || session->sid.size() != 20 || session->gone_ms < 0) return false;
  by_pid_.insert_or_assign(session->pid, std::move(session));
  return true;
}

}  // namespace sio::server

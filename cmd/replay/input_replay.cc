#include "replay/input_replay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "cli/units.h"
#include "proto/json_text.h"
#include "proto/sio_extension.h"
#include "proto/wire_time.h"

namespace sio::cmd::replay {
namespace {

// Records that are read from a store before the output is written.
constexpr std::size_t kRecordsAtOnce = 4096;

// The time of a recorded event; 0 if it has none.
std::int64_t time_of(const cli::InputRecord& record) {
  if (record.time.empty() || proto::json_kind(record.time) != proto::JsonKind::string) return 0;
  return proto::parse_wire_time(proto::json_unescape(record.time)).value_or(0);
}

}  // namespace

using client::Ending;

// How far the reading is: the printing follows it closely.
cli::ProgressState InputReplay::progress() {
  std::optional<double> share;
  if (store_ != nullptr && store_->bounds().next > first_)
    share =
        static_cast<double>(next_ - first_) / static_cast<double>(store_->bounds().next - first_);
  else if (input_size_ > 0)
    share = static_cast<double>(::lseek(fd_, 0, SEEK_CUR)) / static_cast<double>(input_size_);
  return progress_of(*player_, *printer_, options_, share);
}

client::Outcome InputReplay::run() {
  if (const Status status = open(); !status)
    return {.ending = status.error().code == Errc::usage ? Ending::usage : Ending::work_failed,
            .message = status.error().message};
  if (options_.connect.timeout) limit_->arm_in(*options_.connect.timeout);
  if (store_ != nullptr) loop_->post([this] { read_store(); });
  cli::ProgressSource& source = *this;
  if (::isatty(STDOUT_FILENO) == 0) progress_.emplace(*loop_, talk_, source);
  if (!outcome_) loop_->run();
  progress_.reset();
  client::Outcome outcome = outcome_.value_or(client::Outcome{});
  if (outcome.ending != Ending::signalled && outcome.ending != Ending::reader_gone)
    if (const Status status = printer_->flush(); !status)
      outcome = output_problem(status.error(), false);
  if (fd_ > STDERR_FILENO) {
    feed_.reset();
    ::close(fd_);
  }
  return outcome;
}

Status InputReplay::open() {
  std::signal(SIGPIPE, SIG_IGN);
  SIO_TRY(loop_, net::Loop::create({}));
  SIO_TRY_STATUS(loop_->watch_signal(SIGINT, *this));
  SIO_TRY_STATUS(loop_->watch_signal(SIGTERM, *this));
  net::Timer::Handler& timer_handler = *this;
  limit_.emplace(*loop_, timer_handler);
  cli::PrinterOptions printing = options_.output.printer;
  printing.color = cli::wants_color(options_.connect, STDOUT_FILENO);
  SIO_TRY(printer_, cli::Printer::open(*loop_, STDOUT_FILENO, printing, *this));
  cli::PlayerEvents& player_events = *this;
  player_.emplace(*loop_, *printer_, player_events, options_.player);
  struct stat about {};
  const bool is_directory = options_.input != "-" && ::stat(options_.input.c_str(), &about) == 0 &&
                            S_ISDIR(about.st_mode);
  return is_directory ? open_store() : open_recording();
}

Status InputReplay::open_recording() {
  fd_ = STDIN_FILENO;
  if (options_.input != "-") fd_ = ::open(options_.input.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0)
    return fail(Errc::usage, fmt::format("--input {}: {}", options_.input, std::strerror(errno)));
  SIO_TRY(feed_, cli::LineFeed::open(*loop_, fd_, cli::LineFeed::Unit::line, *this));
  struct stat about {};
  if (::fstat(fd_, &about) == 0 && S_ISREG(about.st_mode)) input_size_ = about.st_size;
  return {};
}

Status InputReplay::open_store() {
  SIO_TRY(store_, store::ReadOnlyStore::open(fs_, options_.input));
  reader_.emplace(store_->name());
  for (const std::string& room : options_.rooms) room_filter_.emplace_back(room);
  // Plain names let the store leave out whole segments.
  const bool plain = std::ranges::all_of(options_.events, [](const std::string& event) {
    return event.find_first_of("*?[\\") == std::string::npos;
  });
  if (plain) event_filter_.assign(options_.events.begin(), options_.events.end());
  SIO_TRY_STATUS(check_store("--since", options_.selection.since));
  SIO_TRY_STATUS(check_store("--until", options_.selection.until));
  first_ = next_ = first_of(options_.selection.since);
  return {};
}

Status InputReplay::check_store(std::string_view option, const proto::Position& position) const {
  const std::string& named = position.record.store;
  if (named.empty() || named == store_->name()) return {};
  return fail(Errc::usage, fmt::format("{} {}: this is store {}", option,
                                       cli::format_position(position), store_->name()));
}

store::Seq InputReplay::first_of(const proto::Position& since) {
  using Kind = proto::Position::Kind;
  const store::Bounds bounds = store_->bounds();
  switch (since.kind) {
    case Kind::all:
      return bounds.first;
    case Kind::now:
      return bounds.next;
    case Kind::time:
      return store_->find_time(since.time_ms);
    case Kind::record:
      break;
  }
  const store::Seq first = since.record.seq + 1;
  if (first < bounds.first) on_gap(first, bounds.first);
  return first;
}

void InputReplay::read_store() {
  if (outcome_ || reading_) return;
  reading_ = true;
  const std::size_t namespaces = options_.selection.namespaces.size();
  const store::Filter filter{.ns = namespaces == 1
                                       ? std::string_view(options_.selection.namespaces.front())
                                       : std::string_view(),
                             .rooms = room_filter_,
                             .all_rooms = room_filter_.empty(),
                             .events = event_filter_};
  const auto next = store_->read(next_, filter, kRecordsAtOnce, *this);
  reading_ = false;
  if (!next) return finish({.ending = Ending::work_failed, .message = next.error().message});
  next_ = *next;
  if (outcome_) return;
  if (next_ >= store_->bounds().next) return player_->end();
  if (player_->wants_more()) loop_->post([this] { read_store(); });
}

bool InputReplay::on_record(const store::Record& record) {
  if (!player_->wants_more()) return false;
  if (!options_.selection.names_match(record.ns, record.event)) return true;
  const auto shown = reader_->read(record);
  if (!shown) {
    ++failed_;
    talk_.error(shown.error().message);
    return true;
  }
  if (!options_.selection.is_between(shown->id, record.time_ms)) return true;
  if (options_.output.match.matches(shown->args)) player_->play(*shown);
  return true;
}

void InputReplay::on_gap(store::Seq first, store::Seq next) {
  ++failed_;
  talk_.error(fmt::format("{} to {} are lost", proto::format_record_id(store_->name(), first),
                          proto::format_record_id(store_->name(), next - 1)));
}

void InputReplay::on_player_ready() {
  if (outcome_) return;
  if (feed_ != nullptr) return feed_->resume();
  loop_->post([this] { read_store(); });
}

bool InputReplay::on_line(std::string_view line, std::uint64_t number) {
  if (outcome_) return false;
  const auto record = cli::parse_input_record(line);
  if (!record) {
    on_bad_line(number, record.error());
    return true;
  }
  if (record->kind != cli::InputRecord::Kind::event) return true;
  const std::int64_t time_ms = time_of(*record);
  if (!options_.selection.wants(*record, time_ms)) return true;
  if (!options_.output.match.matches(record->args)) return true;
  player_->play({.time_ms = time_ms,
                 .ns = record->ns.empty() ? std::string_view("/") : record->ns,
                 .event_json = record->event_json,
                 .args = record->args,
                 .id = record->id,
                 .rooms = record->rooms,
                 .from = record->from,
                 .delivery = record->delivery,
                 .group = record->group},
                line);
  return player_->wants_more();
}

void InputReplay::on_bad_line(std::uint64_t number, const Error& error) {
  ++failed_;
  talk_.error(fmt::format("line {}: {}", number, error.message));
}

void InputReplay::on_input_end(const Status& status) {
  if (!status) {
    ++failed_;
    talk_.error(fmt::format("--input {}: {}", options_.input, status.error().message));
  }
  player_->end();
}

void InputReplay::on_signal(int signal_number) {
  finish({.ending = Ending::signalled, .signal_number = signal_number});
}

void InputReplay::finish(client::Outcome outcome) {
  if (!outcome_) outcome_ = std::move(outcome);
  loop_->stop();
}

}  // namespace sio::cmd::replay

#include "server/readers.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "server/frame_runs.h"
#include "server/hub.h"

namespace sio::server {
namespace {

// Records that one reader is shown before others have their turn.
constexpr std::size_t kRecordsPerRead = 8192;
// Records that one reader looks at in vain, and all of them together look at, before live events
// have their turn. A few milliseconds.
constexpr std::size_t kSkipsPerRead = 16 * 1024;
constexpr store::Seq kRecordsPerTurn = 32 * 1024;
// Records that are searched at a time for the newest ones.
constexpr store::Seq kTailStep = 16 * 1024;
constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);
// A store that could not be read now is asked again after this time.
constexpr Duration kRetryRead = std::chrono::milliseconds(500);

std::string gap_packet(std::string_view infix, const Gap& gap) {
  return fmt::format(R"(42{}["{}",{{"after":"{}","before":"{}","reason":"{}"}}])", infix,
                     proto::kGapEvent, gap.after, gap.before, gap.reason);
}

store::Filter filter_of(const Socket& socket, std::span<const std::string_view> rooms,
                        std::span<const std::string_view> names) {
  store::Filter filter = {
      .ns = socket.ns.name, .rooms = rooms, .all_rooms = socket.behind->all_rooms, .events = names};
  if (socket.behind->inspection != nullptr) filter = socket.behind->inspection->filter.for_store();
  filter.max_skipped = kSkipsPerRead;
  return filter;
}

std::vector<std::string_view> names_of(const Socket& socket) {
  if (socket.kind->filter == nullptr) return {};
  return plain_names(socket.kind->filter->globs());
}

// Notes which records of a stretch a reader wants.
class WantedRecords final : public store::Visitor {
 public:
  WantedRecords(const Socket& socket, store::Seq end) : socket_(socket), end_(end) {}

  bool on_record(const store::Record& record) override {
    is_done_ = record.seq >= end_;
    if (is_done_) return false;
    const auto event = proto::decode_stored(record.body);
    if (event && wants(socket_, record, event->from, event->except)) seqs.push_back(record.seq);
    return true;
  }

  // A record at the end or behind it was seen.
  bool is_done() const { return is_done_; }

  std::vector<store::Seq> seqs;

 private:
  const Socket& socket_;
  store::Seq end_;
  bool is_done_ = false;
};

}  // namespace

Readers::Readers(Hub& hub, net::FrameArena& frames, store::Store* store, HubWaker& waker)
    : hub_(hub),
      frames_(frames),
      store_(store),
      waker_(waker),
      stored_frames_(frames, store == nullptr ? "" : store->name()) {}

std::string Readers::id_of(store::Seq seq) const {
  return proto::format_record_id(store_->name(), seq);
}

// --- where they begin

Place Readers::locate(const proto::Position& since) const {
  using Kind = proto::Position::Kind;
  if (store_ == nullptr) {
    if (since.kind != Kind::record) return {};
    const std::string after = proto::format_record_id(since.record.store, since.record.seq);
    return {.gap = Gap{after, "", "store"}};
  }
  const store::Bounds bounds = store_->bounds();
  switch (since.kind) {
    case Kind::all:
      return {.next = bounds.first};
    case Kind::now:
      return {.next = bounds.next};
    case Kind::time:
      return {.next = store_->find_time(since.time_ms)};
    case Kind::record:
      break;
  }
  return locate_record(since.record);
}

Place Readers::locate_record(const proto::RecordId& since) const {
  const store::Bounds bounds = store_->bounds();
  if (!since.store.empty() && since.store != store_->name())
    return {bounds.first,
            Gap{proto::format_record_id(since.store, since.seq), id_of(bounds.first), "store"}};
  if (since.seq >= bounds.next)
    return {bounds.next, Gap{id_of(since.seq), id_of(bounds.next), "unknown"}};
  if (since.seq + 1 < bounds.first)
    return {bounds.first, Gap{id_of(since.seq), id_of(bounds.first), "retention"}};
  return {.next = since.seq + 1};
}

// Behind the last record that `until` covers.
store::Seq Readers::end_of(const std::optional<std::string>& until) const {
  using Kind = proto::Position::Kind;
  const store::Seq end = store_->bounds().next;
  const auto position = until ? proto::parse_position(*until) : std::nullopt;
  if (!position) return end;
  const bool is_ours = position->record.store.empty() || position->record.store == store_->name();
  if (position->kind == Kind::record && is_ours) return std::min(position->record.seq + 1, end);
  if (position->kind == Kind::time) return store_->find_time(position->time_ms + 1);
  return end;
}

void Readers::begin(Socket& socket, store::Seq next) {
  socket.behind = std::make_unique<CatchUp>();
  socket.behind->next = next;
  socket.behind->replay_until = store_->bounds().next;
}

void Readers::fall_behind(Socket& socket, store::Seq next) {
  socket.behind = std::make_unique<CatchUp>();
  socket.behind->next = next;
}

void Readers::start(Socket& socket, const proto::Hello& hello) {
  const bool is_bounded = hello.until || !hello.inspect.empty();
  if (!is_bounded && !hello.since && !hello.tail) return;
  const auto since = hello.since ? proto::parse_position(*hello.since) : std::nullopt;
  const Place place = locate(since.value_or(proto::Position()));
  if (place.gap) say_gap(socket, *place.gap);
  if (store_ == nullptr) {
    if (is_bounded) finish(socket);
    return;
  }
  const store::Seq newest = store_->bounds().next;
  if (!is_bounded && place.next == newest) return;
  begin(socket, place.next);
  CatchUp& behind = *socket.behind;
  behind.all_rooms = hello.all_rooms;
  const store::Seq end = end_of(hello.until);
  if (is_bounded) behind.until = end;
  if (!hello.inspect.empty()) inspect(socket, hello.inspect);
  if (hello.tail)
    behind.search = std::make_unique<CatchUp::Search>(
        CatchUp::Search{.from = behind.next, .high = end, .count = *hello.tail});
  schedule(socket);
}

void Readers::resume(Socket& socket, const proto::RecordId& since) {
  const Place place = locate({.kind = proto::Position::Kind::record, .record = since});
  if (place.gap) say_gap(socket, *place.gap);
  if (store_ == nullptr || place.next == store_->bounds().next) return;
  begin(socket, place.next);
  schedule(socket);
}

void Readers::recover(Socket& socket, store::Seq next, std::string reply) {
  begin(socket, next);
  socket.behind->reply = std::move(reply);
  schedule(socket);
}

// The group exists: that was seen to before the socket was made.
void Readers::inspect(Socket& socket, const std::string& name) {
  CatchUp& behind = *socket.behind;
  const store::Group* group = hub_.groups()->find(name);
  auto filter = group == nullptr ? std::nullopt : RecordFilter::decode(group->settings().filter);
  if (!filter) {
    behind.next = behind.until;
    return;
  }
  CatchUp::Inspection inspection{.group = name, .filter = std::move(*filter), .pending = {}};
  for (const store::Group::PendingView& pending : group->view())
    if (pending.seq >= behind.next && pending.seq < behind.until)
      inspection.pending.push_back({pending.seq, pending.delivered});
  behind.inspection = std::make_unique<CatchUp::Inspection>(std::move(inspection));
  behind.next = std::max(behind.next, group->position());
}

// Looks for the place to begin at, from the end on; one step.
Status Readers::search_on(Socket& socket) {
  CatchUp& behind = *socket.behind;
  CatchUp::Search& search = *behind.search;
  behind.next = search.high;
  if (search.count > 0 && search.high > search.from) {
    const store::Seq low = search.high - std::min(search.high - search.from, kTailStep);
    const std::vector<std::string_view> rooms = rooms_to_read(socket);
    const std::vector<std::string_view> names = names_of(socket);
    WantedRecords wanted(socket, search.high);
    for (store::Seq next = low; next < search.high && !wanted.is_done();) {
      SIO_TRY(next, store_->read(next, filter_of(socket, rooms, names), kNoLimit, wanted));
    }
    const std::size_t found = wanted.seqs.size();
    behind.next = found < search.count ? low : wanted.seqs[found - search.count];
    search.count -= std::min(found, search.count);
    search.high = low;
  }
  if (search.count == 0 || search.high <= search.from) behind.search.reset();
  return {};
}

void Readers::say_gap(Socket& socket, const Gap& gap) {
  log(LogLevel::info, fmt::format("{} has lost events after {} and before {}: {}", socket.sid(),
                                  gap.after, gap.before, gap.reason));
  if (socket.kind->meta) hub_.send_text(socket.link, gap_packet(socket.ns.infix, gap));
}

// --- turns

void Readers::schedule(Socket& socket) {
  if (socket.behind->scheduled) return;
  socket.behind->scheduled = true;
  if (waiting_.empty()) waker_.wake();
  waiting_.push_back(socket.ref);
}

void Readers::serve(std::size_t budget) {
  std::vector<SocketRef> readers;
  readers.swap(waiting_);
  const std::size_t start = frames_.size();
  store::Seq looked_at = 0;
  std::size_t served = 0;
  while (served < readers.size() && frames_.size() - start < budget &&
         looked_at < kRecordsPerTurn) {
    Socket* socket = hub_.find(readers[served++]);
    if (socket == nullptr || !socket->is_behind()) continue;
    socket->behind->scheduled = false;
    looked_at += read_on(*socket, budget);
  }
  if (served == readers.size()) return;
  if (waiting_.empty()) waker_.wake();
  waiting_.insert(waiting_.begin(), readers.begin() + static_cast<std::ptrdiff_t>(served),
                  readers.end());
}

// It cannot be shown what it wants, now or for good.
void Readers::stall(Socket& socket, const Status& reading) {
  const std::string message = fmt::format("read the store: {}", reading.error().message);
  if (reading.error().code != Errc::unavailable) return socket.link.kick(message);
  if (stalled_.empty()) {
    log(LogLevel::warning, message);
    retry_at_ = hub_.clock().now() + kRetryRead;
    waker_.wake_at(retry_at_);
  }
  stalled_.push_back(socket.ref);
}

void Readers::retry_stalled() {
  if (stalled_.empty() || hub_.clock().now() < retry_at_) return;
  for (const SocketRef ref : std::exchange(stalled_, {})) {
    Socket* socket = hub_.find(ref);
    if (socket != nullptr && socket->is_behind()) schedule(*socket);
  }
}

// --- reading

// Builds the frames of what one reader is shown.
class Readers::Visitor final : public store::Visitor {
 public:
  Visitor(Readers& readers, Socket& socket, store::Seq end, std::size_t max_bytes)
      : readers_(readers), socket_(socket), end_(end), max_bytes_(max_bytes) {
    if (socket.behind->inspection != nullptr) group_ = socket.behind->inspection->group;
  }

  bool is_full() const { return bytes_ >= max_bytes_ || visited_ >= kRecordsPerRead; }
  void set_end(store::Seq end) { end_ = end; }
  void set_delivery(unsigned delivery) { delivery_ = delivery; }

  bool on_record(const store::Record& record) override {
    if (record.seq >= end_ || is_full()) return false;
    ++visited_;
    const auto event = proto::decode_stored(record.body);
    if (!event) {
      log(LogLevel::error,
          fmt::format("read {}: {}", readers_.id_of(record.seq), event.error().message));
      return true;
    }
    if (!wants(socket_, record, event->from, event->except)) return true;
    bytes_ += readers_.stored_frames_.build(record, *event,
                                            {.kind = *socket_.kind,
                                             .infix = socket_.ns.infix,
                                             .replay = record.seq < socket_.behind->replay_until,
                                             .group = group_,
                                             .delivery = delivery_},
                                            readers_.built_);
    return true;
  }

  void on_gap(store::Seq first, store::Seq next) override {
    if (!socket_.kind->meta) return;
    const Gap gap{readers_.id_of(first - 1), readers_.id_of(next), "damage"};
    readers_.built_.push_back(readers_.frames_.text({gap_packet(socket_.ns.infix, gap)}));
    bytes_ += readers_.built_.back().size;
  }

 private:
  Readers& readers_;
  Socket& socket_;
  store::Seq end_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::size_t visited_ = 0;
  std::string_view group_;
  unsigned delivery_ = 0;
};

// One batch for a reader that is behind. Returns about how many records were looked at.
store::Seq Readers::read_on(Socket& socket, std::size_t budget) {
  net::Transport* transport = socket.link.transport();
  if (transport == nullptr) return 0;
  const std::size_t limit = hub_.backlog_limit();
  if (transport->backlog() >= limit) {
    transport->set_drain_mark(limit / 4);
    return 0;
  }
  CatchUp& behind = *socket.behind;
  built_.clear();
  if (behind.search != nullptr) {
    const Status searched = search_on(socket);
    if (searched)
      schedule(socket);
    else
      stall(socket, searched);
    return kTailStep;
  }
  if (const store::Seq first = store_->bounds().first; behind.next < first) {
    say_gap(socket, {id_of(behind.next - 1), id_of(first), "retention"});
    behind.next = first;
  }
  const store::Seq begin = behind.next;
  const store::Seq end = behind.reply.empty() ? behind.until : behind.replay_until;
  Visitor visitor(*this, socket, end, std::min(budget, limit - transport->backlog()));
  Status status = show_pending(socket, visitor);
  if (status && !visitor.is_full()) status = show_next(socket, visitor);
  if (!status) {
    stall(socket, status);
    return 0;
  }
  const store::Seq looked_at = behind.next - begin;
  for_each_run(built_, [transport](const net::FrameRun& run) { transport->send(run); });
  after_reading(socket);
  return looked_at;
}

Status Readers::show_pending(Socket& socket, Visitor& visitor) {
  CatchUp::Inspection* inspection = socket.behind->inspection.get();
  if (inspection == nullptr) return {};
  for (; inspection->shown < inspection->pending.size() && !visitor.is_full();
       ++inspection->shown) {
    const CatchUp::Inspection::Pending& pending = inspection->pending[inspection->shown];
    visitor.set_delivery(pending.delivered);
    visitor.set_end(pending.seq + 1);
    if (const auto read = store_->read(pending.seq, inspection->filter.for_store(), 1, visitor);
        !read)
      return fail(read.error().code, read.error().message);
  }
  visitor.set_delivery(0);
  visitor.set_end(socket.behind->until);
  return {};
}

Status Readers::show_next(Socket& socket, Visitor& visitor) {
  const std::vector<std::string_view> rooms = rooms_to_read(socket);
  const std::vector<std::string_view> names = names_of(socket);
  SIO_TRY(socket.behind->next,
          store_->read(socket.behind->next, filter_of(socket, rooms, names), kNoLimit, visitor));
  return {};
}

// At the end of the store a reader is live again: what was published since is sent to it by the
// commit that stores it.
void Readers::after_reading(Socket& socket) {
  CatchUp& behind = *socket.behind;
  const CatchUp::Inspection* inspection = behind.inspection.get();
  const bool has_pending = inspection != nullptr && inspection->shown < inspection->pending.size();
  if (behind.next >= behind.replay_until && !behind.reply.empty())
    hub_.send_text(socket.link, std::exchange(behind.reply, {}));
  if (!has_pending && behind.next >= behind.until) return finish(socket);
  if (!has_pending && !behind.is_bounded() && behind.next >= store_->bounds().next) {
    socket.behind.reset();
    return;
  }
  net::Transport& transport = *socket.link.transport();
  const std::size_t low = hub_.backlog_limit() / 4;
  if (transport.backlog() <= low) return schedule(socket);
  transport.set_drain_mark(low);
}

// It has everything that it asked for.
void Readers::finish(Socket& socket) {
  std::string last;
  if (store_ != nullptr) {
    const store::Seq end = socket.behind->until;
    last = end <= 1 ? "" : id_of(end - 1);
    socket.behind.reset();
  }
  hub_.send_text(socket.link, fmt::format(R"(42{}["{}",{{"last":"{}"}}])", socket.ns.infix,
                                          proto::kEndEvent, last));
}

}  // namespace sio::server

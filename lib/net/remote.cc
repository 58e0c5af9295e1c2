#include "net/remote.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/http_message.h"
#include "net/worker.h"

namespace sio::net {
namespace {

// Less than this on its way is not worth looking whether it has arrived.
constexpr std::size_t kWorthALook = 16 * 1024;

}  // namespace

// --- StoredRequest

StoredRequest::StoredRequest(const HttpRequest& request)
    : method_(request.method()),
      target_(request.target()),
      headers_(request.headers()),
      peer_(request.peer_address()),
      secure_(request.secure()),
      is_local_(request.is_local()) {}

std::string_view StoredRequest::header(std::string_view name) const {
  const std::string lower = to_lower(name);
  const auto is_named = [&](const auto& header) { return header.first == lower; };
  const auto first = std::ranges::find_if(headers_, is_named);
  if (first == headers_.end()) return {};
  if (std::find_if(first + 1, headers_.end(), is_named) == headers_.end()) return first->second;
  const auto known = std::ranges::find_if(joined_, is_named);
  if (known != joined_.end()) return known->second;
  joined_.reserve(headers_.size());  // what was returned stays where it is
  return joined_.emplace_back(lower, header_value(headers_, lower)).second;
}

// --- HomeEnd

HomeEnd::HomeEnd(Loop& loop, HttpHandler& handler, HomeEvents& events)
    : loop_(loop), handler_(handler), events_(events), self_(std::make_shared<HomeEnd*>(this)) {}

HomeEnd::~HomeEnd() {
  loop_.impl().remove_output(*this);
  *self_ = nullptr;
}

Status HomeEnd::open(const HttpServerOptions& options) {
  SIO_TRY(worker_, Worker::create(*this, options));
  return {};
}

void HomeEnd::stop() {
  if (worker_ == nullptr) return;
  flush_turn({});
  {
    const std::lock_guard lock(link_.meeting.mutex);
    link_.stopping = true;
  }
  link_.meeting.changed.notify_one();
  worker_->stop();
}

Batch& HomeEnd::mail() {
  loop_.impl().add_output(*this);
  return link_.to_worker.batch();
}

void HomeEnd::flush_turn(std::span<char>) {
  if (link_.to_worker.batch().has_frames()) link_.to_worker.batch().keep(loop_.frames().lend());
  if (link_.to_worker.send()) worker_->wake();
  events_.on_sent();
}

void HomeEnd::wake() {
  loop_.post([self = self_] {
    if (*self != nullptr) (*self)->receive();
  });
}

void HomeEnd::receive() {
  look();
  link_.to_home.take(arrived_);
  events_.on_news();
}

bool HomeEnd::step() {
  while (!arrived_.empty()) {
    if (arrived_.front()->step()) return true;
    // Nobody at the other end asks: it waits at the meeting.
    link_.to_home.give_back(std::move(arrived_.front()));
    arrived_.pop_front();
  }
  return false;
}

bool HomeEnd::is_abandoned(const UpgradeQuestion& question) {
  const std::lock_guard lock(link_.meeting.mutex);
  return question.abandoned;
}

void HomeEnd::answer(UpgradeQuestion& question) {
  if (is_abandoned(question)) return;
  UpgradeAnswer answer = handler_.on_upgrade(question.request);
  auto* accept = std::get_if<UpgradeAccept>(&answer);
  RemoteSocket* remote = nullptr;
  if (accept != nullptr) {
    SIO_CHECK(accept->events != nullptr);
    remote = new RemoteSocket(*this, question.socket, *accept->events);
  }
  bool is_late = false;
  {
    const std::lock_guard lock(link_.meeting.mutex);
    is_late = question.abandoned;
    question.remote = remote;
    if (accept != nullptr)
      question.answer = std::move(accept->headers);
    else
      question.answer = std::move(std::get<HttpResponse>(answer));
  }
  link_.meeting.changed.notify_one();
  if (remote == nullptr) return;
  // Not later, when the worker could tell: until then nobody could take back the events that were
  // named. What is sent from here on comes to the worker behind the answer.
  is_late ? remote->on_abandoned() : remote->on_open();
}

// --- RemoteOutlet

void RemoteOutlet::on_report(std::size_t waiting, bool drained) {
  waiting_ = waiting;
  if (drained) tell_drained();
}

void RemoteOutlet::count(std::size_t bytes) {
  flight_.add(bytes, home_.present(), home_.done());
}

std::size_t RemoteOutlet::all() const {
  if (flight_.size(home_.done()) > kWorthALook) home_.look();
  return flight_.size(home_.done()) + waiting_;
}

// --- RemoteSocket

RemoteSocket::RemoteSocket(HomeEnd& home, WorkerSocket& there, TransportEvents& events)
    : RemoteOutlet(home), there_(there), events_(&events) {
  home.own(*this);
}

void RemoteSocket::send(const FrameRun& run) {
  if (closing_ || run.bytes.empty()) return;
  home_.mail().add(there_, MessageKind::binary, run.bytes);
  count(run.bytes.size());
}

void RemoteSocket::set_drain_mark(std::size_t bytes) {
  home_.mail().add_task([there = &there_, bytes] { there->set_drain_mark(bytes); });
}

bool RemoteSocket::send_ping() {
  if (closing_) return false;
  home_.mail().add_task([there = &there_] { there->send_ping(); });
  return true;
}

void RemoteSocket::pause_reading() {
  home_.mail().add_task([there = &there_] { there->pause_reading(); });
}

void RemoteSocket::resume_reading() {
  home_.mail().add_task([there = &there_] { there->resume_reading(); });
}

void RemoteSocket::close(std::uint16_t code) {
  if (std::exchange(closing_, true)) return;
  home_.mail().add_task([there = &there_, code] { there->close(code); });
}

void RemoteSocket::abort() {
  closing_ = true;
  home_.mail().add_task([there = &there_] { there->abort(); });
}

void RemoteSocket::on_bytes(MessageKind kind, std::string_view bytes) {
  if (!closing_) events_->on_message(kind, bytes);
}

void RemoteSocket::on_pong() {
  if (!closing_) events_->on_pong();
}

void RemoteSocket::tell_drained() {
  if (!closing_) events_->on_drained();
}

void RemoteSocket::on_closed(TransportClosed closed) {
  if (closing_) closed.reason = CloseReason::local;
  closing_ = true;
  events_->on_closed(closed);
  home_.mail().add_task([there = &there_] { there->release(); });
  delete this;
}

void RemoteSocket::on_abandoned() {
  events_->on_closed({.reason = CloseReason::lost});
  delete this;
}

// --- RemoteExchange

RemoteExchange::RemoteExchange(HomeEnd& home, WorkerExchange& there, const HttpExchange& exchange)
    : home_(home),
      there_(there),
      request_(exchange.request()),
      body_coming_(exchange.expects_body()) {}

void RemoteExchange::begin() {
  home_.own(*this);
  home_.handler().on_request(*this);
}

void RemoteExchange::respond(HttpResponse response) {
  SIO_CHECK(!std::exchange(over_, true));
  const std::size_t size = response.body.size();
  home_.mail().add_task(
      [there = &there_, response = std::move(response)]() mutable {
        there->respond(std::move(response));
      },
      size);
}

HttpStream& RemoteExchange::stream(HttpResponse response, HttpStreamEvents& events,
                                   std::optional<std::uint64_t> length) {
  SIO_CHECK(!std::exchange(over_, true) && !body_coming_);
  auto* stream = new RemoteStream(home_, events);
  home_.mail().add_task([there = &there_, response = std::move(response), onto = &stream->there(),
                         length]() mutable { there->stream(std::move(response), *onto, length); });
  return *stream;
}

void RemoteExchange::destroy() {
  SIO_CHECK(!std::exchange(over_, true));
  home_.mail().add_task([there = &there_] { there->destroy(); });
}

void RemoteExchange::on_body(std::string body) {
  body_coming_ = false;
  if (!over_ && observer_ != nullptr) observer_->on_body(*this, std::move(body));
}

void RemoteExchange::on_aborted() {
  if (std::exchange(over_, true)) return;  // on_finished() follows
  if (HttpObserver* observer = std::exchange(observer_, nullptr)) observer->on_aborted(*this);
  home_.mail().add_task([there = &there_] { there->release(); });
  delete this;
}

// --- RemoteStream

RemoteStream::RemoteStream(HomeEnd& home, HttpStreamEvents& events)
    : RemoteOutlet(home), there_(*new WorkerStream(home.worker(), *this)), events_(&events) {
  home.own(*this);
}

void RemoteStream::write(std::string_view bytes) {
  if (events_ == nullptr || bytes.empty()) return;
  home_.mail().add_copy(there_, MessageKind::binary, bytes);
  count(bytes.size());
}

void RemoteStream::set_drain_mark(std::size_t bytes) {
  home_.mail().add_task([there = &there_, bytes] { there->set_drain_mark(bytes); });
}

void RemoteStream::abort() {
  events_ = nullptr;
  home_.mail().add_task([there = &there_] { there->end(false); });
}

void RemoteStream::end() {
  events_ = nullptr;
  home_.mail().add_task([there = &there_] { there->end(true); });
}

void RemoteStream::tell_drained() {
  if (events_ != nullptr) events_->on_drained();
}

void RemoteStream::on_closed() {
  HttpStreamEvents* events = std::exchange(events_, nullptr);
  if (events == nullptr) return;  // on_finished() follows
  events->on_closed();
  home_.mail().add_task([there = &there_] { there->release(); });
  delete this;
}

}  // namespace sio::net

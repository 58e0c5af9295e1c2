// How a worker and its home keep up with each other.
//
// Home fills a batch during its turn and sends it at the end; the worker does what is in it, ends
// its own turn, so that everything is written, and gives the batch back. Frames are not copied:
// they lie in home's arena until the batch has come back. Home takes nothing from any worker while
// one of them has more than a little to do (threaded_server.cc), so it is never far ahead.
//
// The worker sends home what it has read at the end of its turn, or earlier if that is a lot. When
// home is behind, the worker waits, in the middle of reading: so nobody is read from, and TCP slows
// the peers down. While it waits it goes on with what home sends; so neither ever waits for the
// other in a circle. In the same way it waits for what home says to an upgrade, which libwebsockets
// wants to know at once.

#include "net/worker.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace sio::net {
namespace {

// Weights of what is on its way home.
constexpr std::size_t kSendAtOnce = 64 * 1024;
constexpr std::size_t kFarBehind = 1 << 20;
// For the answer to an upgrade.
constexpr auto kUpgradeTime = std::chrono::seconds(5);

}  // namespace

// --- Worker

Worker::Worker(HomeEnd& home, std::unique_ptr<Loop> loop) : home_(home), loop_(std::move(loop)) {
  loop_->add_turn_listener(*this);
}

Result<std::unique_ptr<Worker>> Worker::create(HomeEnd& home, const HttpServerOptions& options) {
  SIO_TRY(auto loop, Loop::create({.many_sockets = true, .tls = options.tls.enabled()}));
  std::unique_ptr<Worker> worker(new Worker(home, std::move(loop)));
  HttpHandler& handler = *worker;
  SIO_TRY(worker->intake_, HttpIntake::create(*worker->loop_, handler, options));
  return worker;
}

Worker::~Worker() {
  intake_.reset();
  loop_->remove_turn_listener(*this);
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  ::pthread_setname_np(::pthread_self(), "sio-worker");
  loop_->run();
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_->post([this] {
    execute();
    loop_->stop();
  });
  thread_.join();
}

void Worker::wake() {
  loop_->post([this] { execute(); });
}

void Worker::execute() {
  if (executing_) return;
  std::deque<std::unique_ptr<Batch>> batches;
  home_.link().to_worker.take(batches);
  execute(batches);
}

void Worker::execute(std::deque<std::unique_ptr<Batch>>& batches) {
  executing_ = true;
  for (const std::unique_ptr<Batch>& batch : batches)
    while (batch->step()) continue;
  loop_->finish_turn();
  for (std::size_t i = 0; i < touched_.size(); ++i)
    if (touched_[i] != nullptr) touched_[i]->report();
  touched_.clear();
  send_mail();
  bool must_tell = false;
  for (std::unique_ptr<Batch>& batch : batches)
    must_tell |= home_.link().to_worker.give_back(std::move(batch));
  if (must_tell) home_.wake();
  executing_ = false;
}

void Worker::touch(Outlet& outlet) {
  if (std::exchange(outlet.touched_, true)) return;
  touched_.push_back(&outlet);
}

void Worker::forget(const Outlet& outlet) {
  if (outlet.touched_) std::ranges::replace(touched_, &outlet, nullptr);
}

void Worker::adopt(Accepted accepted) {
  ++adopted_;
  intake_->adopt(std::move(accepted));
}

void Worker::reload_tls() {
  if (const Status status = intake_->reload_tls(); !status)
    log(LogLevel::error, status.error().message + "; the one before stays in use");
}

void Worker::on_turn_end() {
  const std::size_t gone = adopted_ - intake_->connections();
  if (std::exchange(gone_told_, gone) != gone)
    mail().add_task([home = &home_, gone] { home->set_gone(gone); });
  send_mail();
}

void Worker::send_mail() {
  if (home_.link().to_home.send()) home_.wake();
}

void Worker::deliver(Addressee& to, MessageKind kind, std::string_view bytes) {
  mail().add_copy(to, kind, bytes);
  if (mail().weight() > kSendAtOnce) wait_for_home();
}

void Worker::wait_for_home() {
  send_mail();
  Lane& lane = home_.link().to_home;
  if (executing_ || lane.outstanding() <= kFarBehind) return;
  wait_until([&lane] { return lane.exact_outstanding() <= kFarBehind; },
             std::chrono::steady_clock::time_point::max());
}

bool Worker::wait_until(const std::function<bool()>& is_over,
                        std::chrono::steady_clock::time_point deadline) {
  Link& link = home_.link();
  std::unique_lock lock(link.meeting.mutex);
  while (!is_over()) {
    if (link.stopping) return false;
    if (link.to_worker.has_news() && !executing_) {
      // What is sent behind that which is waited for stays where it is.
      std::deque<std::unique_ptr<Batch>> batches;
      link.to_worker.take_held(batches);
      lock.unlock();
      execute(batches);
      lock.lock();
      continue;
    }
    if (deadline == std::chrono::steady_clock::time_point::max())
      link.meeting.changed.wait(lock);
    else if (link.meeting.changed.wait_until(lock, deadline) == std::cv_status::timeout)
      return is_over();
  }
  return true;
}

void Worker::on_request(HttpExchange& exchange) {
  auto* mine = new WorkerExchange(*this, exchange);
  mail().add_task([mine] { mine->take_remote().release()->begin(); });
}

// False: nobody has answered in time, and nobody will.
bool Worker::is_answered(UpgradeQuestion& question) {
  const bool in_time = wait_until([&question] { return question.answer.has_value(); },
                                  std::chrono::steady_clock::now() + kUpgradeTime);
  if (in_time) return true;
  const std::lock_guard lock(home_.link().meeting.mutex);
  question.abandoned = !question.answer.has_value();
  return !question.abandoned;
}

UpgradeAnswer Worker::on_upgrade(const HttpRequest& request) {
  auto socket = std::make_unique<WorkerSocket>(*this);
  auto question = std::make_shared<UpgradeQuestion>(
      UpgradeQuestion{.request = StoredRequest(request), .socket = *socket, .answer = {}});
  mail().add_task([home = &home_, question] { home->answer(*question); });
  send_mail();
  if (!is_answered(*question))
    return HttpResponse{
        .status = 503, .headers = {{"Content-Type", "text/plain"}}, .body = "The server is busy\n"};
  if (auto* refusal = std::get_if<HttpResponse>(&*question->answer)) return std::move(*refusal);
  socket->set_remote(*question->remote);
  own(*socket);
  return UpgradeAccept{.events = socket.release(),
                       .headers = std::move(std::get<HttpHeaders>(*question->answer))};
}

// --- Outlet

void Outlet::set_drain_mark(std::size_t bytes) {
  if (!is_open()) return;
  mark_ = bytes;
  arm(bytes);
}

void Outlet::report() {
  touched_ = false;
  if (!is_open()) return;
  const std::size_t now = waiting();
  if (now != told_) tell(now, false);
  if (now > 0) arm(mark_.value_or(0));
}

void Outlet::on_room() {
  const std::size_t now = waiting();
  const bool drained = mark_ && now <= *mark_;
  if (drained) mark_.reset();
  tell(now, drained);
  if (now > 0) arm(mark_.value_or(0));
}

void Outlet::tell(std::size_t waiting, bool drained) {
  told_ = waiting;
  worker_.mail().add_task(
      [outlet = &remote(), waiting, drained] { outlet->on_report(waiting, drained); });
}

// --- WorkerSocket

void WorkerSocket::on_bytes(MessageKind, std::string_view bytes) {
  if (transport_ == nullptr) return;
  transport_->send(FrameRun{bytes, {}});
  wrote();
}

void WorkerSocket::send_ping() {
  if (transport_ != nullptr) transport_->send_ping();
}

void WorkerSocket::pause_reading() {
  if (transport_ != nullptr) transport_->pause_reading();
}

void WorkerSocket::resume_reading() {
  if (transport_ != nullptr) transport_->resume_reading();
}

void WorkerSocket::close(std::uint16_t code) {
  if (transport_ != nullptr) transport_->close(code);
}

void WorkerSocket::abort() {
  if (transport_ != nullptr) transport_->abort();
}

void WorkerSocket::on_open(Transport& transport) {
  transport_ = &transport;
}

void WorkerSocket::on_message(MessageKind kind, std::string_view bytes) {
  worker_.deliver(*remote_, kind, bytes);
}

void WorkerSocket::on_pong() {
  worker_.mail().add_task([remote = remote_] { remote->on_pong(); });
}

void WorkerSocket::on_closed(const TransportClosed& closed) {
  transport_ = nullptr;
  worker_.mail().add_task([remote = remote_, closed] { remote->on_closed(closed); });
}

// --- WorkerExchange

WorkerExchange::WorkerExchange(Worker& worker, HttpExchange& exchange)
    : worker_(worker),
      exchange_(&exchange),
      not_yet_shown_(std::make_unique<RemoteExchange>(worker.home(), *this, exchange)),
      remote_(not_yet_shown_.get()) {
  exchange.set_observer(this);
  worker.own(*this);
}

void WorkerExchange::on_body(HttpExchange&, std::string body) {
  const std::size_t size = body.size();
  worker_.mail().add_task(
      [remote = remote_, body = std::move(body)]() mutable { remote->on_body(std::move(body)); },
      size);
}

void WorkerExchange::on_aborted(HttpExchange&) {
  exchange_ = nullptr;
  worker_.mail().add_task([remote = remote_] { remote->on_aborted(); });
}

void WorkerExchange::respond(HttpResponse response) {
  if (exchange_ != nullptr) exchange_->respond(std::move(response));
  finish();
}

void WorkerExchange::stream(HttpResponse response, WorkerStream& onto,
                            std::optional<std::uint64_t> length) {
  worker_.own(onto);
  onto.begin(exchange_ == nullptr ? nullptr
                                  : &exchange_->stream(std::move(response), onto.events(), length));
  finish();
}

void WorkerExchange::destroy() {
  if (exchange_ != nullptr) exchange_->destroy();
  finish();
}

void WorkerExchange::finish() {
  worker_.mail().add_task([remote = remote_] { remote->on_finished(); });
  delete this;
}

// --- WorkerStream

void WorkerStream::begin(HttpStream* stream) {
  stream_ = stream;
  if (stream == nullptr) on_closed();
}

void WorkerStream::on_bytes(MessageKind, std::string_view bytes) {
  if (stream_ == nullptr) return;
  stream_->write(bytes);
  wrote();
}

void WorkerStream::end(bool complete) {
  if (stream_ != nullptr) complete ? stream_->end() : stream_->abort();
  worker_.mail().add_task([remote = &remote_] { remote->on_finished(); });
  delete this;
}

void WorkerStream::on_closed() {
  stream_ = nullptr;
  worker_.mail().add_task([remote = &remote_] { remote->on_closed(); });
}

}  // namespace sio::net

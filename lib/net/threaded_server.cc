#include "net/threaded_server.h"

#include <algorithm>
#include <utility>

#include "net/tls_context.h"
#include "net/worker.h"

namespace sio::net {
namespace {

// What a worker may have to do while home goes on. Less, and the two take turns; more, and a slow
// reader is noticed late.
constexpr std::size_t kAhead = 1 << 20;

}  // namespace

ThreadedServer::ThreadedServer(Loop& loop, const HttpServerOptions& options)
    : options_(options), listeners_(loop, *this, options.tls.enabled()) {}

Result<std::unique_ptr<HttpServer>> ThreadedServer::create(Loop& loop, HttpHandler& handler,
                                                           const HttpServerOptions& options) {
  std::unique_ptr<ThreadedServer> server(new ThreadedServer(loop, options));
  for (unsigned i = 0; i < options.threads; ++i) {
    HomeEvents& events = *server;
    server->workers_.push_back(std::make_unique<HomeEnd>(loop, handler, events));
    SIO_TRY_STATUS(server->workers_.back()->open(options));
    server->workers_.front()->worker().share_sessions(server->workers_.back()->worker());
  }
  for (const auto& home : server->workers_) home->worker().start();
  return server;
}

ThreadedServer::~ThreadedServer() {
  listeners_.close();
  for (const auto& worker : workers_) worker->stop();
}

Result<std::string> ThreadedServer::listen(const ListenAddress& address) {
  return listeners_.open(address);
}

Result<std::string> ThreadedServer::listen(InheritedSocket socket) {
  return listeners_.adopt(std::move(socket));
}

void ThreadedServer::on_accepted(Accepted accepted) {
  HomeEnd& home = *workers_[next_++ % workers_.size()];
  home.count_given();
  auto given = std::make_shared<Accepted>(std::move(accepted));  // what a task holds can be copied
  home.mail().add_task([worker = &home.worker(), given] { worker->adopt(std::move(*given)); });
}

Status ThreadedServer::reload_tls() {
  if (!options_.tls.enabled()) return {};
  SIO_TRY_STATUS(check_server_files(options_.tls));
  for (const auto& home : workers_)
    home->mail().add_task([worker = &home->worker()] { worker->reload_tls(); });
  return {};
}

std::size_t ThreadedServer::connections() const {
  std::size_t count = 0;
  for (const auto& worker : workers_) count += worker->connections();
  return count;
}

void ThreadedServer::on_sent() {
  is_ahead_ = std::ranges::any_of(
      workers_, [](const auto& worker) { return worker->outstanding() > kAhead; });
}

bool ThreadedServer::is_ahead_still() {
  for (const auto& worker : workers_) worker->look_or_ask(kAhead);
  on_sent();
  return is_ahead_;
}

void ThreadedServer::on_news() {
  on_sent();
  do {
    for (const auto& worker : workers_)
      while (!is_ahead_ && worker->step()) continue;
  } while (is_ahead_ && !is_ahead_still());
}

}  // namespace sio::net

// An HTTP server for tests, in a thread of its own.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "journal.h"
#include "loop_thread.h"
#include "net/http_server.h"

namespace sio::test {

// Who has the connections: the server's loop, of one kind or the other, or two threads.
enum class ServerKind { poll, libev, threads };
inline std::string name_of(ServerKind kind) {
  return kind == ServerKind::poll ? "Poll" : kind == ServerKind::libev ? "Libev" : "Threads";
}
inline constexpr ServerKind kServerKinds[] = {ServerKind::poll, ServerKind::libev,
                                              ServerKind::threads};

// Echoes requests and messages, and writes down what happens:
//   GET  /hold     keeps the request until release()
//   POST /size     answers with the size of the body
//   GET  /headers  answers with all headers, sorted by name
//   GET  /x-own    answers with the header of that name
//   GET  /stream   answers with "one", "two" and, behind what the client has taken, "three"
//     /stream/11   the same, and promises a length
//     /stream/open never ends
//     /stream/big  goes on for 8 MiB, with 256 KiB at most waiting
//   any other      "METHOD TARGET"
//   upgrade /no    refused; any other: an echo, which understands a few texts as commands
class TestServer final : public net::HttpHandler, public net::HttpObserver {
 public:
  explicit TestServer(bool many_sockets, net::HttpServerOptions options = {},
                      const std::string& address = "127.0.0.1:0")
      : thread_({.many_sockets = many_sockets, .tls = options.tls.enabled()}) {
    thread_.call([&] {
      server_ = std::move(*net::HttpServer::create(thread_.loop(), *this, options));
      url_ = *server_->listen(*net::parse_listen_address(address));
    });
  }
  explicit TestServer(ServerKind kind, net::HttpServerOptions options = {})
      : TestServer(kind != ServerKind::poll, with_threads(options, kind)) {}
  ~TestServer() override {
    thread_.call([this] { server_.reset(); });
  }

  const std::string& url() const { return url_; }
  // One more address; returns its URL.
  std::string listen(const std::string& address) {
    std::string url;
    thread_.call([&] { url = *server_->listen(*net::parse_listen_address(address)); });
    return url;
  }
  Journal& journal() { return journal_; }
  LoopThread& thread() { return thread_; }
  net::HttpServer& server() { return *server_; }

  // Answers the held request.
  void release() {
    thread_.call([this] { held_->respond({.body = "released"}); });
  }
  void drop_held() {
    thread_.call([this] { held_->destroy(); });
  }

  // The transport of the n-th WebSocket, from 0.
  template <typename Task>
  auto with_transport(int number, Task task) {
    wait_until_open(number);
    return thread_.call([&] { return task(*transports_.at(number)); });
  }

  // Sends `count` texts of `size` bytes to the n-th WebSocket, each beginning with its number.
  void push(int number, int count, std::size_t size) {
    wait_until_open(number);
    thread_.call([&] {
      for (int i = 0; i < count; ++i) {
        std::string text = std::to_string(i) + " ";
        text.resize(size, '.');
        transports_.at(number)->send(thread_.loop().frames().text({text}));
        if (thread_.loop().frames().size() > (1u << 20)) thread_.loop().finish_turn();
      }
    });
  }

 private:
  // With threads the client may know first.
  void wait_until_open(int number) {
    SIO_CHECK(journal_.wait_for("open " + std::to_string(number)));
  }
  static net::HttpServerOptions with_threads(net::HttpServerOptions options, ServerKind kind) {
    if (kind == ServerKind::threads) options.threads = 2;
    return options;
  }

  class Stream final : public net::HttpStreamEvents {
   public:
    Stream(TestServer& server, net::HttpExchange& exchange) : server_(server) {
      target_ = exchange.request().target();
      std::optional<std::uint64_t> length;
      if (target_ == "/stream/11" || target_ == "/stream/20") length = std::stoi(target_.substr(8));
      stream_ = &exchange.stream({.headers = {{"X-Test", "yes"}}}, *this, length);
      if (target_ == "/stream/big") {
        fill();
        return;
      }
      stream_->write("one");
      stream_->write("two");
      stream_->set_drain_mark(0);
    }

   private:
    void on_drained() override {
      server_.journal_.note("drained");
      if (target_ == "/stream/big") return fill();
      if (target_ == "/stream/open") return;
      stream_->write("three");
      stream_->end();
    }
    void on_closed() override { server_.journal_.note("closed " + target_); }
    void fill() {
      static const std::string kPiece(64 * 1024, 'x');
      for (; stream_->backlog() < 4 * kPiece.size() && written_ < kBig; written_ += kPiece.size())
        stream_->write(kPiece);
      written_ < kBig ? stream_->set_drain_mark(kPiece.size()) : stream_->end();
    }

    static constexpr std::size_t kBig = 8u << 20;
    TestServer& server_;
    std::string target_;
    net::HttpStream* stream_;
    std::size_t written_ = 0;
  };

  class Socket final : public net::TransportEvents {
   public:
    Socket(TestServer& server, int number) : server_(server), number_(number) {}

    void on_open(net::Transport& transport) override {
      transport_ = &transport;
      server_.transports_[number_] = &transport;
      server_.journal_.note("open " + std::to_string(number_));
    }
    void on_message(net::MessageKind kind, std::string_view bytes) override {
      if (bytes == "close") return transport_->close(0);
      if (bytes == "close 4000") return transport_->close(4000);
      if (bytes == "abort") return transport_->abort();
      if (bytes == "ping") {
        transport_->send_ping();
        return;
      }
      if (bytes.starts_with("note ")) return server_.journal_.note(std::string(bytes));
      auto& frames = server_.thread_.loop().frames();
      transport_->send(kind == net::MessageKind::text ? frames.text({bytes})
                                                      : frames.binary(bytes));
      if (frames.size() > (1u << 20)) server_.thread_.loop().finish_turn();
    }
    void on_drained() override { server_.journal_.note("drained"); }
    void on_pong() override { server_.journal_.note("pong"); }
    void on_closed(const net::TransportClosed& closed) override {
      static constexpr const char* kReasons[] = {"local", "remote", "lost", "violation"};
      server_.transports_.erase(number_);
      server_.journal_.note("closed " + std::to_string(number_) + " " +
                            kReasons[static_cast<int>(closed.reason)] + " " +
                            std::to_string(closed.code));
      server_.sockets_.erase(number_);
    }

   private:
    TestServer& server_;
    int number_;
    net::Transport* transport_ = nullptr;
  };

  void on_request(net::HttpExchange& exchange) override {
    const net::HttpRequest& request = exchange.request();
    journal_.note(std::string(request.method()) + " " + std::string(request.target()));
    if (request.target().starts_with("/stream")) {
      streams_.push_back(std::make_unique<Stream>(*this, exchange));
      return;
    }
    if (request.target() == "/hold") held_ = &exchange;
    if (request.target() == "/hold" || exchange.expects_body()) return exchange.set_observer(this);
    exchange.respond(answer(request));
  }
  static net::HttpResponse answer(const net::HttpRequest& request) {
    net::HttpResponse response{.headers = {{"X-Test", "yes"}, {"ETag", "test"}}};
    if (request.target() == "/headers") {
      net::HttpHeaders headers = request.headers();
      std::stable_sort(headers.begin(), headers.end());
      for (const auto& [name, value] : headers) response.body += name + "=" + value + "\n";
    } else if (request.target() == "/x-own") {
      response.body = request.header("X-Own");
    } else
      response.body = std::string(request.method()) + " " + std::string(request.target());
    return response;
  }
  void on_body(net::HttpExchange& exchange, std::string body) override {
    journal_.note("body " + std::to_string(body.size()));
    exchange.respond({.body = "size " + std::to_string(body.size())});
  }
  void on_aborted(net::HttpExchange& exchange) override {
    journal_.note("aborted " + std::string(exchange.request().target()));
  }
  net::UpgradeAnswer on_upgrade(const net::HttpRequest& request) override {
    if (request.target() == "/no")
      return net::HttpResponse{
          .status = 403, .headers = {{"Content-Type", "text/plain"}}, .body = "not you"};
    const int number = next_socket_++;
    auto& socket = sockets_[number];
    socket = std::make_unique<Socket>(*this, number);
    return net::UpgradeAccept{socket.get(), {{"X-Extra", "given"}}};
  }

  Journal journal_;
  LoopThread thread_;
  std::unique_ptr<net::HttpServer> server_;
  std::string url_;
  net::HttpExchange* held_ = nullptr;
  std::vector<std::unique_ptr<Stream>> streams_;
  int next_socket_ = 0;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  std::map<int, net::Transport*> transports_;
};

}  // namespace sio::test

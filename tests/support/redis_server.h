// A real Redis server for one test: its own data, on a unix socket, ended with the test.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/redis_url.h"
#include "store/redis_connection.h"

namespace sio::test {

class RedisServer {
 public:
  // `options` as in redis.conf, names with their dashes. By default all that is answered is on
  // disk.
  explicit RedisServer(std::vector<std::string> options = {"--appendonly", "yes", "--appendfsync",
                                                           "always"})
      : options_(std::move(options)) {
    std::string pattern = std::filesystem::temp_directory_path() / "sio-redis-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    start();
  }
  ~RedisServer() {
    if (pid_ > 0) kill_it();
    std::filesystem::remove_all(directory_);
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  RedisUrl url() const {
    RedisUrl url;
    url.unix_path = directory_ + "/socket";
    return url;
  }

  // Returns when it answers and has read its data.
  void start() {
    pid_ = fork();
    SIO_CHECK(pid_ >= 0);
    if (pid_ == 0) run();
    while (!is_ready()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  void kill_it() { end(SIGKILL); }
  // Saves what it saves when it is shut down.
  void stop() { end(SIGTERM); }
  void freeze() const { kill(pid_, SIGSTOP); }
  void thaw() const { kill(pid_, SIGCONT); }
  void forget_data() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_))
      if (entry.path().filename() != "log") std::filesystem::remove_all(entry.path());
  }
  std::string directory() const { return directory_; }

  // One command, as a client would send it.
  store::RedisReply call(const std::vector<std::string>& words) const {
    auto connection = store::RedisConnection::open(url(), std::chrono::seconds(10));
    SIO_CHECK(connection.has_value());
    const std::vector<std::string_view> views(words.begin(), words.end());
    auto reply = (*connection)->call(views, std::chrono::seconds(10));
    SIO_CHECK(reply.has_value());
    return std::move(*reply);
  }

 private:
  [[noreturn]] void run() {
    std::vector<std::string> words = {"redis-server",
                                      "--port",
                                      "0",
                                      "--unixsocket",
                                      directory_ + "/socket",
                                      "--dir",
                                      directory_,
                                      "--save",
                                      "",
                                      "--logfile",
                                      directory_ + "/log",
                                      "--daemonize",
                                      "no"};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execvp("redis-server", arguments.data());
    static constexpr char kMissing[] =
        "redis-server is missing: install the package redis-server\n";
    SIO_CHECK(write(STDERR_FILENO, kMissing, sizeof kMissing - 1) > 0);
    _exit(127);
  }

  bool is_ready() const {
    int status = 0;
    SIO_CHECK(waitpid(pid_, &status, WNOHANG) == 0);
    auto connection = store::RedisConnection::open(url(), std::chrono::seconds(1));
    return connection && (*connection)->call({"PING"}, std::chrono::seconds(1)).has_value();
  }

  void end(int signal_number) {
    kill(pid_, signal_number);
    kill(pid_, SIGCONT);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  std::vector<std::string> options_;
  std::string directory_;
  pid_t pid_ = -1;
};

}  // namespace sio::test

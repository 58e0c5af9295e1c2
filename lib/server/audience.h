// The sockets of a namespace, those apart that hear nothing: a thousand publishers must not cost
// every event a look at each.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sio::server {

class Socket;

// Adding and removing cost the same whatever the number of sockets; their order means nothing.
// Loop thread only.
class Audience {
 public:
  void add(Socket& socket);
  void remove(Socket& socket);
  // What the socket hears has changed.
  void update(Socket& socket);

  // Those that may hear an event that has a name. An event without one is for all() to look at: a
  // filter can ask for just that, which is also how publishers say that they want nothing.
  std::span<Socket* const> hearing() const { return {sockets_.data(), hearing_}; }
  std::span<Socket* const> all() const { return sockets_; }

  auto begin() const { return sockets_.begin(); }
  auto end() const { return sockets_.end(); }
  std::size_t size() const { return sockets_.size(); }
  bool empty() const { return sockets_.empty(); }

 private:
  void swap(std::size_t a, std::size_t b);

  std::vector<Socket*> sockets_;  // those first that hear
  std::size_t hearing_ = 0;
};

}  // namespace sio::server

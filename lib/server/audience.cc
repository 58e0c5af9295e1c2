#include "server/audience.h"

#include <utility>

#include "server/socket.h"

namespace sio::server {

void Audience::add(Socket& socket) {
  socket.index = static_cast<std::uint32_t>(sockets_.size());
  sockets_.push_back(&socket);
  update(socket);
}

void Audience::remove(Socket& socket) {
  if (socket.index < hearing_) swap(socket.index, --hearing_);
  swap(socket.index, sockets_.size() - 1);
  sockets_.pop_back();
}

void Audience::update(Socket& socket) {
  const bool is_first = socket.index < hearing_;
  if (is_first == socket.hears()) return;
  if (is_first)
    swap(socket.index, --hearing_);
  else
    swap(socket.index, hearing_++);
}

void Audience::swap(std::size_t a, std::size_t b) {
  std::swap(sockets_[a], sockets_[b]);
  sockets_[a]->index = static_cast<std::uint32_t>(a);
  sockets_[b]->index = static_cast<std::uint32_t>(b);
}

}  // namespace sio::server

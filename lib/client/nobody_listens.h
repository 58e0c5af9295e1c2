// Stands in for a listener that is gone before its transport.
#pragma once

#include "net/transport.h"

namespace sio::client {

class NobodyListens final : public net::TransportEvents {
 public:
  void on_open(net::Transport&) override {}
  void on_message(net::MessageKind, std::string_view) override {}
  void on_drained() override {}
  void on_closed(const net::TransportClosed&) override {}
};

// Drops a transport without a word to whoever listened to it.
inline void drop_silently(net::Transport& transport) {
  static NobodyListens nobody;
  transport.set_events(nobody);
  transport.abort();
}

}  // namespace sio::client

// Tells those in the admin namespace what happens on a server, in the words of @socket.io/admin-ui
// 0.5.1: config, all_sockets, server_stats every 2 s, socket_connected, socket_updated,
// socket_disconnected, room_joined, room_left, event_received, event_sent.
//
// It watches only while somebody is there. Events are copied within a CopyBudget; what is beyond it
// is counted (`eventsLeftOut` in server_stats) and left out. Who reads so slowly that a megabyte
// waits for him is told nothing more until he has caught up, and then gets all_sockets again, with
// which the UI begins anew. What the HTTP door does, and what has left the queue for a reader at
// the HTTP door, is not told: sockets there are no clients of Engine.IO.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/loop.h"
#include "server/admin_figures.h"
#include "server/server.h"
#include "server/watcher.h"

namespace sio::server {

// Loop thread only.
class AdminWatch final : public Watcher, private net::Timer::Handler {
 public:
  static constexpr std::size_t kMostSockets = 5'000;  // in all_sockets
  static constexpr std::size_t kMostSocketBytes = 8u << 20;
  static constexpr std::size_t kMostNamespaces = 1'000;  // in server_stats
  static constexpr std::size_t kMostBacklog = 1u << 20;  // of one who looks on

  // `watched` outlives it.
  AdminWatch(net::Loop& loop, Server& watched);
  ~AdminWatch() override;
  // The server whose sockets are those who look on. Call once, before the first of them.
  void set_own(Server& own) { own_ = &own; }

  // A socket of set_own()'s server looks on from now on, and is told that it may change things.
  void begin(Socket& admin, bool may_command);
  // It is about to leave.
  void end(const Socket& admin, std::string_view reason);

  std::size_t admins() const { return admins_.size(); }
  std::uint64_t events_left_out() const { return budget_.left_out(); }

 private:
  struct Admin {
    SocketRef ref;
    bool missed_something = false;
  };

  // Watcher
  void on_session_opened() override;
  void on_session_closed(std::string_view reason) override;
  void on_upgraded(const Link& link) override;
  void on_received(std::size_t bytes) override;
  void on_sent(const Link& link, const net::FrameRun& run) override;
  void on_connected(const Socket& socket) override;
  void on_disconnected(const Socket& socket, std::string_view reason) override;
  void on_joined(const Socket& socket, std::string_view room) override;
  void on_left(const Socket& socket, std::string_view room) override;
  void on_event(const Socket& socket, const proto::PacketView& packet,
                const std::vector<std::string>* attachments) override;

  void on_timer(net::Timer& timer) override;

  std::int64_t wall_ms() const;
  std::string time() const;
  void tell(std::string_view items);
  void tell(Admin& admin, std::string_view items);
  void tell_connected(const Socket& socket);
  void tell_disconnected(const Socket& socket, std::string_view reason);
  void tell_room(std::string_view what, const Socket& socket, std::string_view room);
  void show_sent(const Link& link, std::span<const net::Frame> frames);
  void show(std::string_view what, const Socket& socket, std::string_view array,
            const std::vector<std::string>* attachments);
  std::string all_sockets() const;
  std::string server_stats(std::string_view traffic) const;
  std::string namespaces() const;

  net::Loop& loop_;
  Server& watched_;
  Server* own_ = nullptr;
  net::Timer timer_;
  TimePoint started_at_;
  std::int64_t wall_ahead_ms_ = 0;  // of the loop's clock
  std::vector<Admin> admins_;
  TrafficCounts traffic_;
  CopyBudget budget_;
};

}  // namespace sio::server

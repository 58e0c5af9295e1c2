// The readers that are behind: puts them at their place in the queue, and lets them read on, each
// at its own pace, until they are live again or have seen what they asked for. See catch_up.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/frame.h"
#include "proto/sio_extension.h"
#include "server/socket.h"
#include "server/stored_frames.h"
#include "store/store.h"

namespace sio::server {

class Hub;
class HubWaker;

// A gap as sio:gap says it.
struct Gap {
  std::string after;
  std::string before;
  std::string_view reason;
};

// Where in the store something begins, and what is missing in front of it.
struct Place {
  store::Seq next = 0;
  std::optional<Gap> gap = {};
};

// Loop thread only. All calls expect that everything published was committed.
class Readers {
 public:
  // References outlive it. `store` null: nothing is stored, and everybody is live.
  Readers(Hub& hub, net::FrameArena& frames, store::Store* store, HubWaker& waker);

  // A live reader did not get record `next` and what follows.
  void fall_behind(Socket& socket, store::Seq next);
  // Puts a new socket where `hello` wants it: since, until, tail, inspect.
  void start(Socket& socket, const proto::Hello& hello);
  // Puts a new socket behind the record that it saw last, or says a gap to it.
  void resume(Socket& socket, const proto::RecordId& since);
  // Shows a new socket what is there from `next` on, and then `reply`.
  void recover(Socket& socket, store::Seq next, std::string reply);

  // The socket's transport has room again.
  void schedule(Socket& socket);
  // Lets readers that wait read from the store, until about `budget` bytes of frames were built, or
  // as many records looked at as a turn has time for.
  void serve(std::size_t budget);
  // Those for whom the store could not be read try again when it is time. At the end of each turn.
  void retry_stalled();

  // What `since` stands for here and now.
  Place locate(const proto::Position& since) const;
  void say_gap(Socket& socket, const Gap& gap);

 private:
  class Visitor;

  Place locate_record(const proto::RecordId& since) const;
  store::Seq end_of(const std::optional<std::string>& until) const;
  Status search_on(Socket& socket);
  void begin(Socket& socket, store::Seq next);
  void inspect(Socket& socket, const std::string& group);

  store::Seq read_on(Socket& socket, std::size_t budget);
  void stall(Socket& socket, const Status& reading);
  Status show_pending(Socket& socket, Visitor& visitor);
  Status show_next(Socket& socket, Visitor& visitor);
  void after_reading(Socket& socket);
  void finish(Socket& socket);
  std::string id_of(store::Seq seq) const;

  Hub& hub_;
  net::FrameArena& frames_;
  store::Store* store_;
  HubWaker& waker_;
  StoredFrames stored_frames_;
  std::vector<SocketRef> waiting_;
  std::vector<SocketRef> stalled_;  // until retry_at_: the store could not be read
  TimePoint retry_at_{};
  std::vector<net::Frame> built_;  // while one reader reads
};

}  // namespace sio::server

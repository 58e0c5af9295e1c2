// What connection state recovery knows of each client: its rooms, and how far in the queue it is
// sure to have come. Kept while the client is connected and for a while after it was lost; with a
// journal, beyond the end of the server too.
//
//   changes := change*
//   change  := kind:u8 pid:str ...
//     open 1       sid:str ns:str delivered:varint gone_ms:varint room_count:varint room:str*
//     join 2       room:str
//     leave 3      room:str
//     gone 4       gone_ms:varint
//     end 5
//     delivered 6  seq:varint
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "base/result.h"
#include "server/rooms.h"
#include "store/journal.h"
#include "store/store.h"

namespace sio::server {

class Socket;

struct Session {
  std::string pid;  // secret: who knows it is the client
  std::string sid;
  std::string ns;
  std::vector<std::string> rooms;
  store::Seq delivered = 0;  // it has every record up to here, or was not there for it
  store::Seq at_ping = 0;    // what it has when it answers the ping on its way
  std::int64_t gone_ms = 0;  // when it was lost; 0: it is connected
  Socket* socket = nullptr;  // null: it is not connected
};

// Loop thread only.
class Sessions final : private store::JournalReader {
 public:
  // Sessions are kept for `keep_ms` after their clients were lost.
  explicit Sessions(std::int64_t keep_ms) : keep_ms_(keep_ms) {}
  // With a journal among those of the store. Whoever was connected when the journal ended is taken
  // as lost at `now_ms`. Errors as of store::Journals::open().
  static Result<std::unique_ptr<Sessions>> open(store::Journals& journals, std::int64_t keep_ms,
                                                std::int64_t now_ms);

  // A new client that has no event before `next`.
  Session& begin(Socket& socket, std::string_view sid, std::string_view ns, store::Seq delivered);
  // A lost client is back on `socket`.
  void take_up(Session& session, Socket& socket);
  void join(Session& session, std::string_view room);
  void leave(Session& session, std::string_view room);
  void set_delivered(Session& session, store::Seq seq);
  // Its client was lost, or left for good.
  void part(Session& session, std::int64_t now_ms);
  void end(Session& session);

  // Null if there is none, or it has been gone for too long.
  Session* find(std::string_view pid, std::int64_t now_ms);

  // Writes what has changed and forgets who has been gone for too long. Call at the end of turns.
  void flush(std::int64_t now_ms);
  // Writes and syncs.
  Status sync();
  std::size_t size() const { return by_pid_.size(); }

 private:
  enum class Change : std::uint8_t { open = 1, join, leave, gone, end, delivered };
  using Map =
      std::unordered_map<std::string, std::unique_ptr<Session>, StringHash, std::equal_to<>>;

  void on_snapshot(std::string_view snapshot) override;
  void on_changes(std::string_view changes) override;
  bool read_change(ByteReader& in);
  bool read_open(ByteReader& in, std::string_view pid);
  void settle(std::int64_t now_ms);

  static void append_open(std::string& out, const Session& session);
  void put(Change change, const Session& session, std::string_view rest);
  void sweep(std::int64_t now_ms);
  void remember_gone(const Session& session) { gone_.emplace_back(session.gone_ms, session.pid); }
  bool is_over(const Session& session, std::int64_t now_ms) const;
  std::string snapshot() const;

  std::int64_t keep_ms_;
  Map by_pid_;
  std::deque<std::pair<std::int64_t, std::string>> gone_;  // when and who, in order
  std::unique_ptr<store::Journal> journal_;                // none: sessions end with the process
  bool has_changes_ = false;
  bool failed_ = false;
  std::int64_t retry_ms_ = 0;
};

}  // namespace sio::server

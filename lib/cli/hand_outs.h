// Events that want an answer: hand-outs of a group, and questions. Keeps who asked until the work
// is done, and answers on the connection that the question came by. Pure. Loop thread only.
//
// A group hands a record out again when the connection breaks before its ack has arrived. What this
// process has done already is not done again then: it is only acknowledged again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "client/packet_sink.h"
#include "proto/attachments.h"

namespace sio::cli {

class HandOuts {
 public:
  // `sink` outlives this.
  explicit HandOuts(client::PacketSink& sink) : sink_(sink) {}

  struct Event {
    std::string_view ns;
    std::optional<std::uint64_t> ack_id;  // nothing: no answer is wanted
    std::string_view record_id = {};      // of a hand-out; "" otherwise
  };
  // A number for settle(). Nothing if there is nothing to do: the record is being worked on (which
  // answers this hand-out too), or was done.
  std::optional<std::uint64_t> take(const Event& event);

  // The work is done, and here is the answer.
  void settle(std::uint64_t number, const proto::WireArgs& answer = {});
  // It could not be done; a hand-out may come again, and is then worked on again.
  void settle_failed(std::uint64_t number, std::string_view problem);
  // An event that needs no work.
  void acknowledge(const Event& event);

  // The connection broke: nothing that came by it can be answered.
  void lost() { ++connection_; }

  std::size_t open() const { return open_.size(); }

 private:
  struct Open {
    std::string ns;
    std::string record_id;
    std::vector<std::uint64_t> ack_ids;  // of the connection below
    std::uint64_t connection = 0;
  };

  Open close(std::uint64_t number);
  void answer(const Open& open, const proto::WireArgs& answer);
  void remember(std::string record_id);

  client::PacketSink& sink_;
  std::uint64_t connection_ = 0;
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, Open> open_;
  std::unordered_map<std::string, std::uint64_t> by_record_;
  std::unordered_set<std::string> done_;
  std::deque<std::string> done_in_order_;
};

}  // namespace sio::cli

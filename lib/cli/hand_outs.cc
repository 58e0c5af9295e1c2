#include "cli/hand_outs.h"

#include <utility>

#include "base/check.h"
#include "proto/json_text.h"
#include "proto/packet_codec.h"

namespace sio::cli {
namespace {

// More than a server leaves with a member at a time.
constexpr std::size_t kRemembered = 16'384;

}  // namespace

std::optional<std::uint64_t> HandOuts::take(const Event& event) {
  if (!event.record_id.empty()) {
    std::string record_id(event.record_id);
    if (done_.contains(record_id)) {
      acknowledge(event);
      return std::nullopt;
    }
    if (const auto known = by_record_.find(record_id); known != by_record_.end()) {
      Open& open = open_.at(known->second);
      if (std::exchange(open.connection, connection_) != connection_) open.ack_ids.clear();
      if (event.ack_id) open.ack_ids.push_back(*event.ack_id);
      return std::nullopt;
    }
    by_record_.emplace(std::move(record_id), next_number_);
  }
  Open open{.ns = std::string(event.ns),
            .record_id = std::string(event.record_id),
            .ack_ids = {},
            .connection = connection_};
  if (event.ack_id) open.ack_ids.push_back(*event.ack_id);
  open_.emplace(next_number_, std::move(open));
  return next_number_++;
}

void HandOuts::settle(std::uint64_t number, const proto::WireArgs& answer_args) {
  Open open = close(number);
  answer(open, answer_args);
  if (!open.record_id.empty()) remember(std::move(open.record_id));
}

void HandOuts::settle_failed(std::uint64_t number, std::string_view problem) {
  answer(close(number),
         {.args = "{\"error\":" + proto::json_string(problem) + "}", .attachments = {}});
}

void HandOuts::acknowledge(const Event& event) {
  if (event.ack_id) sink_.send_text(proto::encode_ack(event.ns, *event.ack_id, {}));
}

HandOuts::Open HandOuts::close(std::uint64_t number) {
  auto node = open_.extract(number);
  SIO_CHECK(!node.empty());
  if (!node.mapped().record_id.empty()) by_record_.erase(node.mapped().record_id);
  return std::move(node.mapped());
}

void HandOuts::answer(const Open& open, const proto::WireArgs& answer) {
  if (open.connection != connection_) return;
  for (const std::uint64_t ack_id : open.ack_ids) {
    sink_.send_text(proto::encode_ack(open.ns, ack_id, answer.args, answer.attachments.size()));
    for (const std::string& bytes : answer.attachments) sink_.send_binary(bytes);
  }
}

void HandOuts::remember(std::string record_id) {
  if (!done_.insert(record_id).second) return;
  done_in_order_.push_back(std::move(record_id));
  if (done_in_order_.size() <= kRemembered) return;
  done_.erase(done_in_order_.front());
  done_in_order_.pop_front();
}

}  // namespace sio::cli

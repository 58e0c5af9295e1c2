#include "client/load_messages.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/check.h"
#include "proto/json_text.h"
#include "proto/sio_extension.h"

namespace sio::client {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
constexpr std::size_t kRunSize = 7;
constexpr std::size_t kClientSize = 3;
constexpr std::size_t kNumberSize = 6;
constexpr std::size_t kMaxAckId = 20;
constexpr std::string_view kRefused = "{\"error\"";

constexpr std::array<std::int8_t, 256> digit_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto kValues = digit_values();

void write_number(char* end, std::size_t size, std::uint64_t number) {
  for (; size > 0; --size, number /= kDigits.size()) *--end = kDigits[number % kDigits.size()];
}

std::optional<std::uint64_t> read_number(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char c : digits) {
    const std::int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    number = number * kDigits.size() + static_cast<std::uint64_t>(value);
  }
  return number;
}

// What stands behind the run in a mark.
std::optional<LoadMark> read_mark(std::string_view text) {
  if (text.size() < kClientSize + kNumberSize) return std::nullopt;
  const auto client = read_number(text.substr(0, kClientSize));
  const auto number = read_number(text.substr(kClientSize, kNumberSize));
  if (!client || !number) return std::nullopt;
  return LoadMark{static_cast<std::uint32_t>(*client), *number};
}

std::string packet_start(proto::PacketType type, std::string_view ns) {
  std::string start;
  proto::append_header(start, type, 0, ns, {});
  return start;
}

}  // namespace

LoadMessages::LoadMessages(Options options, proto::PacketDecoder& decoder)
    : decoder_(decoder), options_(std::move(options)) {
  SIO_CHECK(options_.size >= kMarkSize && options_.run.size() == kRunSize);
  const std::string start = "[" + proto::json_string(options_.event) + ",\"" + options_.run;
  const std::string rest(options_.size - kRunSize, '0');
  question_end_ = kEventEnd;
  question_start_ = packet_start(proto::PacketType::event, options_.ns);
  event_start_ = question_start_ + start;
  question_rest_ = start + rest + question_end_;
  event_ = question_start_ + question_rest_;
  ack_start_ = packet_start(proto::PacketType::ack, options_.ns);
}

void LoadMessages::address_nobody() {
  const std::string rest(options_.size - kRunSize, '0');
  question_end_ = "\"],\"rooms\":[\"bench:" + options_.run + "\"]}]";
  question_rest_ =
      fmt::format(R"(["{}",{{"event":{},"args":["{}{}{})", proto::kEmitEvent,
                  proto::json_string(options_.event), options_.run, rest, question_end_);
}

std::size_t LoadMessages::largest() const {
  return question_start_.size() + kMaxAckId + question_rest_.size() + 1;
}

std::string_view LoadMessages::fill(std::string& message, std::string_view end,
                                    LoadMark mark) const {
  const std::size_t mark_end = message.size() - end.size() - (options_.size - kMarkSize);
  write_number(message.data() + mark_end, kNumberSize, mark.number);
  write_number(message.data() + mark_end - kNumberSize, kClientSize, mark.client);
  return message;
}

std::string_view LoadMessages::question(LoadMark mark) {
  char id[kMaxAckId];
  const char* end = std::to_chars(id, id + sizeof id, mark.number).ptr;
  question_ = question_start_;
  question_.append(id, static_cast<std::size_t>(end - id));
  question_ += question_rest_;
  return fill(question_, question_end_, mark);
}

std::optional<LoadMark> LoadMessages::find_mark(std::string_view message) const {
  if (message.starts_with(event_start_)) return read_mark(message.substr(event_start_.size()));
  return find_mark_slowly(message);
}

std::optional<LoadMark> LoadMessages::find_mark_slowly(std::string_view message) const {
  if (!message.starts_with('2') && !message.starts_with('5')) return std::nullopt;
  const auto packet = decoder_.decode(message);
  if (!packet || !proto::is_event(packet->type) || packet->ns != options_.ns) return std::nullopt;
  const std::string_view args = packet->args;
  const std::size_t quote = args.find_first_not_of(" \t\r\n");
  if (quote == std::string_view::npos || args[quote] != '"') return std::nullopt;
  const std::string_view argument = args.substr(quote + 1);
  if (!argument.starts_with(options_.run)) return std::nullopt;
  return read_mark(argument.substr(kRunSize));
}

std::optional<LoadMessages::Ack> LoadMessages::find_ack(std::string_view message) const {
  if (!message.starts_with(ack_start_)) return find_ack_slowly(message);
  Ack ack;
  const char* begin = message.data() + ack_start_.size();
  const char* end = message.data() + message.size();
  const auto [rest, error] = std::from_chars(begin, end, ack.id);
  if (error != std::errc() || rest == end || *rest != '[') return find_ack_slowly(message);
  ack.refused =
      std::string_view(rest + 1, static_cast<std::size_t>(end - rest - 1)).starts_with(kRefused);
  return ack;
}

std::string LoadMessages::refusal_in(std::string_view message) const {
  const auto packet = decoder_.decode(message);
  const auto refusal = packet ? proto::parse_refusal(packet->args) : std::nullopt;
  return refusal ? refusal->code + ": " + refusal->message : "an error";
}

std::optional<LoadMessages::Ack> LoadMessages::find_ack_slowly(std::string_view message) const {
  if (!message.starts_with('3') && !message.starts_with('6')) return std::nullopt;
  const auto packet = decoder_.decode(message);
  if (!packet || !proto::is_ack(packet->type) || packet->ns != options_.ns || !packet->ack_id)
    return std::nullopt;
  return Ack{.id = *packet->ack_id, .refused = packet->args.starts_with(kRefused)};
}

}  // namespace sio::client

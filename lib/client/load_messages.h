// What a load generator sends, and how it knows it again when it comes back. Pure.
//
// An event of the load has one argument: a string of the size that was asked for, which begins with
// a mark (16 characters: which run, which client, which number).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/packet_codec.h"

namespace sio::client {

// Which event of this run.
struct LoadMark {
  std::uint32_t client = 0;
  std::uint64_t number = 0;
};

class LoadMessages {
 public:
  static constexpr std::size_t kMarkSize = 16;
  static constexpr std::uint32_t kMaxClients = 1u << 18;

  struct Options {
    std::string ns = "/";
    std::string event;
    std::string run;  // 7 characters of [A-Za-z0-9_-]: tells this run's events from others
    std::size_t size = kMarkSize;  // of the argument, at least kMarkSize
  };
  // `decoder` outlives this.
  LoadMessages(Options options, proto::PacketDecoder& decoder);

  // From now on question() addresses a room that nobody is in, as sio servers let one: the event is
  // answered, and costs nobody else anything.
  void address_nobody();

  // A Socket.IO message; valid until the next call of either.
  std::string_view event(LoadMark mark) { return fill(event_, kEventEnd, mark); }
  // The same, asking for an ack: its id is the number.
  std::string_view question(LoadMark mark);
  // Bytes of the longest message that question() makes, with the type digit of Engine.IO.
  std::size_t largest() const;

  // The mark in a message that was received: an event, whatever its name, whose first argument is
  // one of ours.
  std::optional<LoadMark> find_mark(std::string_view message) const;

  struct Ack {
    std::uint64_t id = 0;
    bool refused = false;  // by a sio server
  };
  std::optional<Ack> find_ack(std::string_view message) const;
  // Why, of an ack that is refused.
  std::string refusal_in(std::string_view message) const;

 private:
  static constexpr std::string_view kEventEnd = "\"]";
  // `end`: what stands behind the argument.
  std::string_view fill(std::string& message, std::string_view end, LoadMark mark) const;
  std::optional<LoadMark> find_mark_slowly(std::string_view message) const;
  std::optional<Ack> find_ack_slowly(std::string_view message) const;

  proto::PacketDecoder& decoder_;
  Options options_;
  std::string event_;
  std::string question_;
  std::string event_start_;     // of a message, up to the client's number
  std::string question_start_;  // up to the ack id
  std::string question_rest_;   // behind it
  std::string question_end_;    // of it, behind the argument
  std::string ack_start_;
};

}  // namespace sio::client

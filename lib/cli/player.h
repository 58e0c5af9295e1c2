// Recorded events on their way to stdout: how many, only the last ones, and at what pace. Loop
// thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "cli/pacer.h"
#include "cli/printer.h"
#include "cli/record_json.h"
#include "net/loop.h"

namespace sio::cli {

class PlayerEvents {
 public:
  virtual ~PlayerEvents() = default;
  // After wants_more() was false: it is true again.
  virtual void on_player_ready() = 0;
  // Everything is printed: the end was reached, or the count. Not called from within a member
  // function other than end() and play().
  virtual void on_played() = 0;
};

struct PlayerOptions {
  PaceOptions pace;
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> tail;  // only the last ones before end()
};

class Player final : private net::Timer::Handler {
 public:
  // References outlive the player.
  Player(net::Loop& loop, Printer& printer, PlayerEvents& events, PlayerOptions options)
      : loop_(loop),
        printer_(printer),
        events_(events),
        options_(options),
        pacer_(options.pace),
        timer_(loop, *this) {}

  // If not, on_player_ready() or on_played() follows; what comes meanwhile is taken too, but should
  // not be much.
  bool wants_more();
  // One event; `line` is it as NDJSON already, to be printed as it is, or empty.
  void play(const EventRecord& record, std::string_view line = {});
  // There are no more.
  void end();
  // stdout has room again.
  void output_ready() { print_due(); }
  // How many have been printed.
  std::uint64_t played() const { return played_; }

 private:
  struct Waiting {
    std::string text;
    std::int64_t time_ms = 0;
  };

  bool has_room() const;
  std::string_view text_of(const EventRecord& record, std::string_view line);
  void wait(std::string text, std::int64_t time_ms);
  void print(std::string_view text);
  void print_due();
  void on_timer(net::Timer&) override { print_due(); }
  void tell_if_played();

  net::Loop& loop_;
  Printer& printer_;
  PlayerEvents& events_;
  PlayerOptions options_;
  Pacer pacer_;
  net::Timer timer_;
  std::deque<Waiting> last_;     // --tail: the candidates
  std::deque<Waiting> waiting_;  // for their time
  TimePoint next_due_{};         // of waiting_.front()
  std::uint64_t taken_ = 0;
  std::uint64_t played_ = 0;
  bool asked_to_wait_ = false;
  bool ended_ = false;
  bool told_ = false;
};

}  // namespace sio::cli

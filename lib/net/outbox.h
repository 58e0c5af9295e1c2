// What a connection or a descriptor is to send and has not sent yet. Pure: where it goes is a
// parameter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sio::net {

class ByteSink {
 public:
  enum class Outcome { taken, blocked, broken };
  struct Written {
    Outcome outcome = Outcome::taken;
    std::size_t size = 0;  // how much of it was taken, also when blocked
  };
  virtual ~ByteSink() = default;
  virtual Written write(const char* data, std::size_t size) = 0;
};

// Bytes that live until the end of the turn are kept by reference and written from where they lie;
// what the sink does not take is copied when the turn ends. Order is that of the calls.
class Outbox {
 public:
  // Where one write may end and the next begin. Between frames: what is added are whole frames
  // (ws_frame.h), and the sink may put one of its own between two writes; it takes all or nothing.
  enum class Cut : std::uint8_t { anywhere, between_frames };

  explicit Outbox(Cut cut = Cut::anywhere) : cut_(cut) {}

  // `bytes` stay valid until flush().
  void add(std::string_view bytes);
  void add_copy(std::string_view bytes);
  void add_copy(std::string&& bytes);

  // Bytes not taken by the sink.
  std::size_t size() const { return referenced_ + copied_.size() - copied_start_; }
  bool empty() const { return size() == 0; }

  // Writes what there is, gathering pieces in `scratch`. Afterwards nothing is referenced any more.
  // While blocked() nothing is tried: the owner calls unblock() when the sink can take bytes again,
  // and block() when it cannot for reasons of its own.
  ByteSink::Outcome flush(ByteSink& sink, std::span<char> scratch);
  bool blocked() const { return blocked_; }
  void block() { blocked_ = true; }
  void unblock() { blocked_ = false; }

 private:
  ByteSink::Outcome write_copied(ByteSink& sink);
  ByteSink::Outcome write_referenced(ByteSink& sink, std::span<char> scratch);
  // The pieces from number `next` on that fit into one write; advances `next` past them.
  std::string_view gather(std::size_t& next, std::span<char> scratch) const;
  static ByteSink::Outcome write_piece(ByteSink& sink, std::string_view piece,
                                       std::size_t& written);
  void forget_copied(std::size_t written);
  // Copies what is referenced except its first `skip` bytes.
  void copy_referenced(std::size_t skip);
  std::string_view piece(std::size_t number) const {
    return number == 0 ? first_ : more_[number - 1];
  }
  std::size_t pieces() const { return first_.empty() ? 0 : 1 + more_.size(); }

  std::string_view first_;              // most turns have one piece and allocate nothing
  std::vector<std::string_view> more_;  // the pieces after it
  std::size_t referenced_ = 0;
  std::string copied_;  // older than what is referenced
  std::size_t copied_start_ = 0;
  Cut cut_;
  bool blocked_ = false;
};

}  // namespace sio::net

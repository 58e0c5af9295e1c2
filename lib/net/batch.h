// What one thread has for another: bytes for somebody there, and things to do there, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "net/frame.h"
#include "net/transport.h"

namespace sio::net {

// Whom bytes are for. Called on its own thread.
class Addressee {
 public:
  virtual ~Addressee() = default;
  // `bytes` are valid until the batch they came in is cleared.
  virtual void on_bytes(MessageKind kind, std::string_view bytes) = 0;
};

// Bytes that lie where they are until clear(), whatever is added. Keeps one block of modest size.
class ByteStack {
 public:
  std::string_view push(std::string_view bytes);
  void clear();

 private:
  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t capacity = 0;
  };
  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
};

// Of one thread at a time: whoever fills it, then whoever does it.
class Batch {
 public:
  // `bytes` stay valid until clear(). What lies behind what was added last for the same addressee
  // becomes one piece with it.
  void add(Addressee& to, MessageKind kind, std::string_view bytes);
  // One message, which is copied.
  void add_copy(Addressee& to, MessageKind kind, std::string_view bytes);
  // `bytes`: how much memory it holds.
  void add_task(std::function<void()> task, std::size_t bytes = 0);
  // The frames that were added live as long.
  void keep(FrameLease frames) { frames_ = std::move(frames); }

  bool empty() const { return entries_.empty(); }
  bool has_frames() const { return has_frames_; }
  // What it costs to have it lie about: its bytes, and a little for each entry.
  std::size_t weight() const { return weight_; }

  // Does what is next. False: that was all.
  bool step();
  // Forgets everything; on the thread that filled it.
  void clear();

 private:
  struct Entry {
    Addressee* to;  // null: the next task
    std::string_view bytes;
    MessageKind kind;
  };
  void push(const Entry& entry, std::size_t weight);

  std::vector<Entry> entries_;
  std::vector<std::function<void()>> tasks_;
  ByteStack copies_;
  FrameLease frames_;
  std::size_t weight_ = 0;
  std::size_t next_entry_ = 0;
  std::size_t next_task_ = 0;
  bool has_frames_ = false;
};

}  // namespace sio::net

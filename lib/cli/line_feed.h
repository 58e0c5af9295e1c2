// Lines of stdin for a command that can take only so many at once. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/line_splitter.h"
#include "net/fd_source.h"
#include "net/loop.h"

namespace sio::cli {

class LineFeedEvents {
 public:
  virtual ~LineFeedEvents() = default;
  // One line without its newline. False: no more until resume().
  virtual bool on_line(std::string_view line, std::uint64_t number) = 0;
  // A line that is too long; it was skipped.
  virtual void on_bad_line(std::uint64_t number, const Error& error) = 0;
  // What was at hand has been given out.
  virtual void on_lines_given() = 0;
  // All lines were given, or reading failed. Last.
  virtual void on_input_end(const Status& status) = 0;
};

class LineFeed final : private net::FdSourceEvents {
 public:
  enum class Unit {
    line,        // each line; a last one without newline too
    everything,  // all of the input as one "line", newlines included
  };

  // Where the bytes come from.
  class Source {
   public:
    virtual ~Source() = default;
    virtual Result<std::unique_ptr<net::FdSource>> open(net::FdSourceEvents& events) = 0;
  };

  // Reads `fd` from the next turn on. `events` outlives the feed.
  static Result<std::unique_ptr<LineFeed>> open(net::Loop& loop, int fd, Unit unit,
                                                LineFeedEvents& events, char delimiter = '\n');
  // The same of anything.
  static Result<std::unique_ptr<LineFeed>> open(Source& source, Unit unit, LineFeedEvents& events,
                                                char delimiter = '\n');

  // Goes on after on_line() has said no; may call the events at once.
  void resume();
  // Reads no more, until resume().
  void pause();

 private:
  LineFeed(Unit unit, LineFeedEvents& events, char delimiter)
      : unit_(unit), events_(events), splitter_(delimiter) {}
  void on_bytes(std::string_view bytes) override;
  void on_end(const Status& status) override;
  void collect(std::string_view bytes);
  void give();
  bool give_lines();
  void give_last();

  Unit unit_;
  LineFeedEvents& events_;
  std::unique_ptr<net::FdSource> source_;
  LineSplitter splitter_;
  std::string everything_;
  bool too_large_ = false;
  bool paused_ = false;
  bool ended_ = false;
  bool told_end_ = false;
  Status status_;
};

}  // namespace sio::cli

// Input in chunks of any size -> lines.
//
//   splitter.feed(chunk);
//   while (auto line = splitter.next(); ...) use(**line);
//   ... at the end of input: splitter.finish()
//
// A line ends at the delimiter, which is not part of it; a carriage return in front of a newline
// is. An empty line counts. A line that lies inside one chunk is a view of it: nothing is copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/limits.h"

namespace sio::cli {

class LineSplitter {
 public:
  explicit LineSplitter(char delimiter = '\n', std::size_t max_line = proto::kMaxLine)
      : delimiter_(delimiter), max_line_(max_line) {}

  // Gives more input. `chunk` must stay until next() has returned nothing, or hold() was called.
  void feed(std::string_view chunk);

  // The next complete line, valid until the next call of any member; nothing when it takes more
  // input to complete one. Errc::too_large: a line passed the limit; what was seen and what is
  // still to come of it is dropped, and the next call goes on behind it.
  Result<std::optional<std::string_view>> next();

  // Copies the input that has not been asked for yet, so that the chunk may go: for a reader that
  // stops in the middle because it cannot take more now.
  void hold();

  // At the end of input, after next() has returned nothing: a last line without delimiter.
  std::optional<std::string_view> finish();

  // The number, from 1, of the line that next() or finish() gave last, or refused.
  std::uint64_t line_number() const { return line_number_; }

 private:
  std::optional<std::string_view> complete(std::string_view tail);
  tl::unexpected<Error> too_long();

  char delimiter_;
  std::size_t max_line_;
  std::uint64_t line_number_ = 0;
  std::string_view rest_;  // input not looked at yet: of the chunk, or of held_
  std::string held_;
  std::string partial_;      // the beginning of a line whose end has not come
  std::string joined_;       // a line made of several chunks, as given to the caller
  bool discarding_ = false;  // inside a line that was refused
};

}  // namespace sio::cli

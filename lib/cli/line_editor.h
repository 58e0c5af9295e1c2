// A terminal as input, with line editing and history: what `join` reads from where a person types.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/fd_source.h"
#include "net/loop.h"

namespace sio::cli {

struct LineEditorOptions {
  std::string prompt;
  std::string history;    // the file; "": lines are remembered during the run only
  char delimiter = '\n';  // what is put behind each line that is given out
};

class LineEditorOwner {
 public:
  virtual ~LineEditorOwner() = default;
  // Whether everything that was to be shown on the terminal has been written to it.
  virtual bool has_shown_all() const = 0;
};

// Gives out whole lines, as bytes; Ctrl-D on an empty line is the end, and the terminal is then as
// it was. Reads stdin, draws on stderr; stdout may be the same terminal or anything else.
//
// make_room() takes the line being typed off the screen, so that something else can be written
// there. It comes back as soon as has_shown_all(). While it is away, keys wait.
//
// The terminal is restored by leave(), and while the process is stopped (SIGTSTP). Loop thread
// only; one in a process, and it outlives the loop's last turn (it watches signals).
class LineEditor : public net::FdSource {
 public:
  // Whether stdin and stderr are a terminal that lines can be edited on.
  static bool is_possible();
  // `events` and `owner` outlive it.
  static Result<std::unique_ptr<LineEditor>> open(net::Loop& loop, LineEditorOptions options,
                                                  net::FdSourceEvents& events,
                                                  LineEditorOwner& owner);

  virtual void make_room() = 0;
  // The same for bytes that go to stdout. If they leave the cursor in the middle of a line, the
  // prompt begins a new one.
  virtual void make_room_for(std::string_view bytes) = 0;
  // Gives the terminal back; nothing is read any more.
  virtual void leave() = 0;
};

}  // namespace sio::cli

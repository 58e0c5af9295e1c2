// How a command's work with a server ended. cli/exit_code.h turns it into a status.
#pragma once

#include <string>

namespace sio::client {

enum class Ending {
  done,          // everything that was asked for
  work_failed,   // some of it failed: a bad line, an event too large
  usage,         // what was asked has no meaning, or needs a sio server and this is another one
  unreachable,   // no connection could be made
  refused,       // the server refused: authentication, namespace, room
  incompatible,  // what answers does not speak this protocol
  lost,          // the connection was lost and not made again
  unconfirmed,   // a receipt or an ack did not come in time
  not_runnable,  // the command that should do the work cannot be run
  not_found,     // there is no such command
  gap,           // events are known to be lost, and that was not to be tolerated
  timed_out,     // the time was up before the count was met
  reader_gone,   // nobody reads stdout any more
  signalled,     // a signal ended it
};

struct Outcome {
  Ending ending = Ending::done;
  std::string message;    // for people, what happened and where; "" for none
  std::string hint;       // what to do about it; "" for none
  int signal_number = 0;  // of Ending::signalled
};

}  // namespace sio::client

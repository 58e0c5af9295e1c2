// What the present thread has had of a processor: for who has to know whether it was the bottleneck
// itself.
#pragma once

#include "base/clock.h"

namespace sio {

struct ThreadTime {
  Duration running{0};  // on a processor
  Duration waiting{0};  // runnable, but others had it; zero where the system does not tell
};
ThreadTime thread_time();

}  // namespace sio

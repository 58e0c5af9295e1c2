// A place for work that takes long, off the loop thread.
#pragma once

#include <functional>

#include "base/result.h"

namespace sio::store {

class Background {
 public:
  virtual ~Background() = default;
  // Runs `work` elsewhere, in the order of the calls, then `done` on the loop thread. `done` may
  // never be called, when the program ends.
  virtual void run_in_background(std::function<Status()> work,
                                 std::function<void(const Status&)> done) = 0;
};

}  // namespace sio::store

// The way back to the loop thread, for the store's own thread.
#pragma once

#include <functional>

namespace sio::store {

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `task` on the loop thread, later. Any thread; never calls `task` itself.
  virtual void post(std::function<void()> task) = 0;
};

}  // namespace sio::store

// How a command of the operator's is started; in tests, by something that only pretends.
#pragma once

#include <memory>

#include "base/result.h"
#include "net/child.h"

namespace sio::server {

class CommandLauncher {
 public:
  virtual ~CommandLauncher() = default;
  virtual Result<std::unique_ptr<net::Child>> launch(net::ChildEvents& events) = 0;
};

}  // namespace sio::server

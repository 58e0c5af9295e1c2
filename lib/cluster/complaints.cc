#include "cluster/complaints.h"

#include <utility>

#include <fmt/format.h>

#include "base/log.h"

namespace sio::cluster {

void Complaints::add(TimePoint now, std::string_view what) {
  ++count_;
  if (now < next_) {
    ++silent_;
    return;
  }
  next_ = now + std::chrono::seconds(10);
  std::string line = fmt::format("{}: {}", subject_, what);
  if (const std::uint64_t more = std::exchange(silent_, 0); more > 0)
    line += fmt::format(" (and {} more like it)", more);
  log(LogLevel::warning, line);
}

}  // namespace sio::cluster

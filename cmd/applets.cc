#include "applets.h"

#include <array>

namespace sio::cmd {
namespace {

constexpr std::array<cli::Applet, 0> kApplets = {};

}  // namespace

std::span<const cli::Applet> applets() {
  return kApplets;
}

}  // namespace sio::cmd

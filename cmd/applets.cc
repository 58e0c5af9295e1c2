#include "applets.h"

#include <array>

namespace sio::cmd {
namespace {

constexpr std::array kApplets = {
    cli::Applet{"serve", "run a server", serve_main},
    cli::Applet{"emit", "publish events", emit_main},
    cli::Applet{"listen", "print events as they come", listen_main},
    cli::Applet{"replay", "print stored or recorded events again", replay_main},
    cli::Applet{"join", "talk in rooms: stdin to the rooms, the rooms to stdout", join_main},
    cli::Applet{"bench", "put load on a server, and say how it took it", bench_main},
    cli::Applet{"ping", "check the way to a server, layer by layer, and how long it is", ping_main},
};

}  // namespace

std::span<const cli::Applet> applets() {
  return kApplets;
}

}  // namespace sio::cmd

// Cutting the last argument off a list of arguments, without reading those in front of it: servers
// append to every event what a client asked for (an offset, a record's id).
#pragma once

#include <string_view>

namespace sio::client {

struct LastArgument {
  std::string_view before;  // the other arguments, without the comma
  std::string_view last;    // "" when there are none
};

// `args`: checked JSON values joined by commas, as PacketView::args.
LastArgument split_last_argument(std::string_view args);

}  // namespace sio::client

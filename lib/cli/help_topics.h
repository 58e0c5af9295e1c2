// What `sio help TOPIC` tells, beside the help of each command: what all of them share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sio::cli {

struct HelpTopic {
  std::string_view name;
  std::string_view summary;
};

// In the order in which `sio help` lists them.
const std::vector<HelpTopic>& help_topics();
// The text of one; "" if there is none of this name.
std::string help_topic(std::string_view name);

}  // namespace sio::cli

#include "cluster/waiting_commands.h"

namespace sio::cluster {

bool WaitingCommands::send(RedisLink& link, std::uint32_t tag,
                           std::span<const std::string_view> command) {
  std::size_t size = 0;
  for (const std::string_view word : command) size += word.size() + sizeof(std::string);
  if (bytes_ + link.backlog() + size > kMaxBytes) return false;
  if (link.is_up()) {
    link.send(tag, command);
    return true;
  }
  bytes_ += size;
  kept_.push_back({tag, {command.begin(), command.end()}});
  return true;
}

std::size_t WaitingCommands::flush(RedisLink& link) {
  const std::size_t count = kept_.size();
  for (const Command& command : kept_) {
    const std::vector<std::string_view> words(command.words.begin(), command.words.end());
    link.send(command.tag, words);
  }
  kept_.clear();
  bytes_ = 0;
  return count;
}

}  // namespace sio::cluster

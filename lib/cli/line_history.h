// The lines that were typed, in a file that survives the run: what the up arrow brings back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sio::cli {

// $XDG_STATE_HOME/sio/history, or the same below $HOME/.local/state; "" if neither is set.
std::string history_path();

// A text file of one line each, for its owner alone, newest last. Several processes may add to it
// at the same time. A history that cannot be kept is no reason to fail: what goes wrong stays
// silent, and the lines last as long as the process.
class LineHistory {
 public:
  static constexpr std::size_t kLines = 1000;
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;  // of the file
  static constexpr std::size_t kMaxLine = 4096;

  explicit LineHistory(std::string path) : path_(std::move(path)) {}

  // The newest lines, oldest first. Makes the file shorter when it has grown to twice its size.
  std::vector<std::string> load();
  // False: this line is not kept. It is empty, too long, the same as the one before, or begins with
  // a space, which is how a secret is typed.
  bool add(std::string_view line);

 private:
  std::string path_;
  std::string last_;
};

}  // namespace sio::cli

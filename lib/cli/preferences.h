// What counts besides the command line: the environment, a profile and the config file, in this
// order. Only commands that talk to a server (those with --server) have preferences.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/config_file.h"
#include "cli/option.h"

namespace sio::cli {

struct Applet;

class Preferences {
 public:
  // Reads $SIO_CONFIG, else $XDG_CONFIG_HOME/sio/config, else ~/.config/sio/config. There need not
  // be one, unless $SIO_CONFIG names it; an empty $SIO_CONFIG means none. Errors: Errc::usage, with
  // file and line.
  static Result<Preferences> read();
  Preferences(ConfigFile file, bool exists) : file_(std::move(file)), exists_(exists) {}

  bool has_profile(std::string_view name) const { return file_.find(name) != nullptr; }
  std::vector<std::string_view> profiles() const;
  // The profile that somebody who wrote `word` probably meant; "" for none.
  std::string_view nearest_profile(std::string_view word) const;

  // Gives `command` what the command line did not. Every line of the file must be an option of some
  // command of `all`; those of others than this one are passed over. Errors: Errc::usage.
  Status apply(CommandOptions& command, std::span<const Applet> all) const;

 private:
  class Application;

  ConfigFile file_;
  bool exists_;
};

// A value of the environment; "" if it is not set.
std::string environment(const std::string& name);

}  // namespace sio::cli

// One option of a command: what the help says of it, what completion offers, how its value is read.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::cli {

struct Option {
  std::string letter;              // "-r", or ""
  std::string name;                // "--room"
  std::string value;               // "ROOM"; "": it takes none
  std::string help;                // one line
  std::vector<std::string> words;  // values that have a name: "auto", "never"
  // Reads one value, of a flag "". Says what is wrong with it.
  std::function<Status(const std::string&)> read;
  // The same for a line of the config file, where it adds to what the command line says. Without
  // it, an option that was given hides the lines of the file.
  std::function<Status(const std::string&)> read_more;
  std::string variable;  // of the environment, that says the same: "SIO_AUTH"; or ""
  // Variables of the environment that, when set, hide the lines of the file.
  std::vector<std::string> hidden_by;
  bool may_be_empty = false;  // an empty value says something: none
  bool was_given = false;
  std::string given;  // the last value of it

  bool takes_value() const { return !value.empty(); }
  // Whether the value is a file's name, or may be behind an @.
  bool takes_file() const { return value == "FILE" || value == "DIR"; }
  bool takes_at_file() const { return value.find("@FILE") != std::string::npos; }
};

// What one command has.
struct CommandOptions {
  std::string command;
  std::vector<Option> options;

  // By "-r" or "--room"; null: it has no such option.
  const Option* find(std::string_view name) const;
  Option* find(std::string_view name);
};

}  // namespace sio::cli

// The options and operands of one command: what it accepts, its help, its complaints.
//
//   CommandLine line("emit", "usage: sio emit [options] EVENT [ARG...]");
//   line.option("-r,--room", "ROOM", rooms, "only to this room; repeatable");
//   if (const auto status = line.parse(arguments)) return *status;
//
// Options may follow operands; `--` ends options. A negative number is an operand. -h, --help and
// --version are there already. Every option is a line of the help, a candidate for "did you mean"
// and for completion, and the name of a line of the config file.
//
// A command with --server talks to one: its first operand may name the server instead, and what the
// command line leaves open is taken from the environment and the config file (preferences.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/applet.h"
#include "cli/option.h"
#include "cli/preferences.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sio::cli {

class CommandLine {
 public:
  // `about` opens the help: usage lines and what the command does.
  CommandLine(std::string command, std::string about);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // A line of its own in the help, above the options that follow.
  void heading(std::string text);

  // `names` is "-r,--room" or "--room". The targets outlive parse().
  void flag(const std::string& names, bool& target, std::string help);
  void counter(const std::string& names, int& target, std::string help);  // -vv is 2
  // One value; given twice, the last one counts.
  void option(const std::string& names, std::string value, std::string& target, std::string help);
  // Repeatable.
  void option(const std::string& names, std::string value, std::vector<std::string>& target,
              std::string help);
  // Values that are read: `read` says what is wrong with one.
  using Reader = std::function<Status(const std::string&)>;
  void option(const std::string& names, std::string value, Reader read, std::string help);
  // One of `words`.
  void choice(const std::string& names, std::string value, std::vector<std::string> words,
              std::string& target, std::string help);
  void duration(const std::string& names, std::optional<Duration>& target, std::string help);
  void size(const std::string& names, std::optional<std::uint64_t>& target, std::string help);
  void count(const std::string& names, std::string value, std::optional<std::uint64_t>& target,
             std::string help);

  // More about an option that is there already, "--auth". Values that completion offers:
  void suggest(std::string_view name, std::vector<std::string> words);
  // The variable of the environment that says the same:
  void variable(std::string_view name, std::string variable);
  // Variables that count more than the config file:
  void hidden_by(std::string_view name, std::vector<std::string> variables);
  // An empty value means none of it, also in the config file:
  void may_be_empty(std::string_view name) { known(name).may_be_empty = true; }
  // Lines of the config file add to what the command line says, and go here:
  void more(std::string_view name, std::vector<std::string>& target);

  // Once. Nothing: go on. Otherwise leave with this status: 0 when -h or --version was answered, 2
  // when something made no sense, which has been told on stderr.
  std::optional<int> parse(const Arguments& arguments);
  // Tells a usage error on stderr, with a pointer to -h. Returns 2.
  int complain(std::string_view message) const;

  // After parse(): what is not an option.
  const std::vector<std::string>& operands() const { return operands_; }
  // Whether the last operand is a `-` that stood in front of any `--`; it is taken away.
  bool take_dash();
  // Whether an option was on the command line, as "--server".
  bool given(std::string_view name) const;

  std::string help() const;

 private:
  // A heading, or the option of this index.
  struct Line {
    std::string heading;
    std::size_t option = 0;
  };
  void describe(const std::string& names, std::string value, std::string help, Reader read);
  Option& known(std::string_view name);
  void note_given();
  std::optional<int> run_parser(std::vector<std::string> arguments);
  std::optional<int> answer() const;
  Status take_server(const Preferences& preferences);
  Status settle_preferences(std::span<const Applet> commands);
  int unknown_option(std::string_view option) const;

  std::string about_;
  std::unique_ptr<CLI::App> app_;
  CommandOptions options_;
  std::vector<Line> lines_;
  std::vector<std::string> operands_;
  std::size_t operands_before_dashes_ = 0;
  std::string complaint_;  // of a Reader
  bool wants_help_ = false;
  bool wants_version_ = false;
};

// "2": a whole number, at least `least`. Errc::usage.
Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least);

}  // namespace sio::cli

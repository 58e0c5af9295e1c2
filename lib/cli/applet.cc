#include "cli/applet.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

#include "cli/complete.h"
#include "cli/exit_code.h"
#include "cli/help_topics.h"
#include "cli/nearest.h"
#include "cli/preferences.h"

namespace sio::cli {
namespace {

constexpr std::string_view kCompletionHelp =
    "usage: sio completion bash|fish|zsh\n"
    "\n"
    "Prints the script that makes a shell complete commands, options, their values, and the\n"
    "profiles of the config file. Packages install it; without one:\n"
    "\n"
    "  bash   source <(sio completion bash)            in ~/.bashrc\n"
    "  zsh    source <(sio completion zsh)             in ~/.zshrc, behind compinit\n"
    "  fish   sio completion fish | source             in ~/.config/fish/config.fish\n";

const Applet* find(std::span<const Applet> table, std::string_view name) {
  const auto it = std::ranges::find(table, name, &Applet::name);
  return it == table.end() ? nullptr : &*it;
}

std::string overview(std::span<const Applet> table) {
  std::string text =
      "Socket.IO for the shell.\n\n"
      "usage: sio COMMAND [options] [operands]\n\n";
  for (const Applet& applet : table)
    text += fmt::format("  {:<10}{}\n", applet.name, applet.summary);
  text += "\n`sio help COMMAND` or `sio COMMAND -h` lists a command's options. More to read:\n\n";
  for (const HelpTopic& topic : help_topics())
    text += fmt::format("  sio help {:<6}{}\n", topic.name, topic.summary);
  text +=
      "  sio completion bash|fish|zsh   what makes the shell complete all this\n"
      "\nTry it: `sio serve` in one terminal, `sio listen` in another,\n"
      "then `sio emit hello '{\"to\":\"everybody\"}'` in a third.\n";
  return text;
}

int print(std::FILE* stream, std::string_view text, int status) {
  std::fwrite(text.data(), 1, text.size(), stream);
  return status;
}

// `what` is "command"; `others` are those that there are.
int unknown(std::string_view what, std::string_view word,
            const std::vector<std::string_view>& others, std::string_view form) {
  const auto guess = nearest(word, others);
  const std::string hint =
      guess ? fmt::format("did you mean `sio {}{}`?", form, *guess)
            : fmt::format("there is {} (`sio help` says more)", fmt::join(others, ", "));
  return print(stderr, fmt::format("sio: no {} `{}`: {}\n", what, word, hint), kUsageStatus);
}

std::vector<std::string_view> names_of(std::span<const Applet> table) {
  std::vector<std::string_view> names;
  for (const Applet& applet : table) names.push_back(applet.name);
  return names;
}

// What a command line can begin with; not what has dashes.
std::vector<std::string_view> commands_of(std::span<const Applet> table) {
  std::vector<std::string_view> names = names_of(table);
  names.insert(names.end(), {"help", "completion"});
  return names;
}

int unknown_command(std::span<const Applet> table, std::string_view word) {
  if (word.starts_with('-'))
    return print(stderr,
                 fmt::format("sio: {}: the command comes first, as in `sio emit {}`; `sio help` "
                             "lists them\n",
                             word, word),
                 kUsageStatus);
  return unknown("command", word, commands_of(table), "");
}

int help(std::span<const Applet> table, const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "help") return print(stdout, overview(table), 0);
  if (words[0] == "completion") return print(stdout, kCompletionHelp, 0);
  if (const Applet* applet = find(table, words[0])) return applet->main({"--help"});
  const std::string text = help_topic(words[0]);
  if (!text.empty()) return print(stdout, text, 0);
  std::vector<std::string_view> names = names_of(table);
  for (const HelpTopic& topic : help_topics()) names.push_back(topic.name);
  return unknown("command or topic", words[0], names, "help ");
}

int completion(const std::vector<std::string>& words) {
  const auto shells = completion_shells();
  if (words.empty())
    return print(stderr, fmt::format("sio completion: which shell? {}\n", fmt::join(shells, ", ")),
                 kUsageStatus);
  if (words[0] == "-h" || words[0] == "--help") return print(stdout, kCompletionHelp, 0);
  const std::string_view script = completion_script(words[0]);
  if (!script.empty()) return print(stdout, script, 0);
  return unknown("completion for the shell", words[0], {shells.begin(), shells.end()},
                 "completion ");
}

// A config file that cannot be read has no profiles, and completion no words for that.
int answer_completion(std::span<const Applet> table, const std::vector<std::string>& words) {
  const auto preferences = Preferences::read();
  const auto profiles = preferences ? preferences->profiles() : std::vector<std::string_view>();
  return print(stdout, completion_text(complete(table, words, profiles)), 0);
}

int dispatch(std::span<const Applet> table, const std::string& word, Arguments rest) {
  rest.commands = table;
  if (word == "help" || word == "--help" || word == "-h") return help(table, rest.words);
  if (word == "completion") return completion(rest.words);
  if (word == "__complete") return answer_completion(table, rest.words);
  if (word == "--version" || word == "version")
    return print(stdout, fmt::format("sio {}\n", version()), 0);
  if (const Applet* applet = find(table, word)) return applet->main(rest);
  return unknown_command(table, word);
}

// The command that a link is called after, or "": sio-emit is one, sio-0.1.0 is not.
std::string_view command_of_link(std::span<const Applet> table, std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (!name.starts_with("sio-")) return "";
  name.remove_prefix(4);
  const std::vector<std::string_view> known = commands_of(table);
  return std::ranges::find(known, name) == known.end() ? "" : name;
}

}  // namespace

std::vector<CommandOptions> survey(std::span<const Applet> table) {
  std::vector<CommandOptions> all;
  for (const Applet& applet : table) {
    Arguments question{};
    question.survey = &all.emplace_back();
    applet.main(question);
  }
  return all;
}

std::string_view version() {
  return SIO_VERSION;
}

int run_applet(std::span<const Applet> table, int argc, char** argv) {
  std::vector<std::string> words(argv, argv + argc);
  const std::string_view command = argc > 0 ? command_of_link(table, argv[0]) : "";
  if (!command.empty()) words.insert(words.begin() + 1, std::string(command));
  if (words.size() < 2) return print(stderr, overview(table), kUsageStatus);
  return dispatch(table, words[1], Arguments({words.begin() + 2, words.end()}));
}

}  // namespace sio::cli

#include "cli/applet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/exit_code.h"
#include "cli/nearest.h"

namespace sio::cli {
namespace {

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
  text +=
      "\n`sio help COMMAND` or `sio COMMAND -h` lists a command's options.\n"
      "Try it: `sio serve` in one terminal, `sio listen` in another,\n"
      "then `sio emit hello '{\"to\":\"everybody\"}'` in a third.\n";
  return text;
}

int print(std::FILE* stream, std::string_view text, int status) {
  std::fwrite(text.data(), 1, text.size(), stream);
  return status;
}

int unknown(std::span<const Applet> table, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Applet& applet : table) names.push_back(applet.name);
  const auto guess = nearest(name, names);
  const std::string hint =
      guess ? fmt::format("did you mean `sio {}`?", *guess) : "`sio help` lists them";
  return print(stderr, fmt::format("sio: no command `{}`: {}\n", name, hint), kUsageStatus);
}

int help(std::span<const Applet> table, const std::vector<std::string>& words) {
  if (words.empty()) return print(stdout, overview(table), 0);
  const Applet* applet = find(table, words[0]);
  return applet == nullptr ? unknown(table, words[0]) : applet->main({"--help"});
}

int dispatch(std::span<const Applet> table, const std::string& word, Arguments rest) {
  rest.commands = table;
  if (word == "help" || word == "--help" || word == "-h") return help(table, rest.words);
  if (word == "--version" || word == "version")
    return print(stdout, fmt::format("sio {}\n", version()), 0);
  if (const Applet* applet = find(table, word)) return applet->main(rest);
  return unknown(table, word);
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
  std::string_view self = argc > 0 ? std::string_view(argv[0]) : "sio";
  self.remove_prefix(std::min(self.size(), self.rfind('/') + 1));
  if (self.starts_with("sio-")) words.insert(words.begin() + 1, std::string(self.substr(4)));
  if (words.size() < 2) return print(stderr, overview(table), kUsageStatus);
  return dispatch(table, words[1], Arguments({words.begin() + 2, words.end()}));
}

}  // namespace sio::cli

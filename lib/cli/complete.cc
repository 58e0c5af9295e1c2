#include "cli/complete.h"

#include <algorithm>

#include "cli/help_topics.h"

namespace sio::cli {
namespace {

// Gathers what begins with the word being typed.
class Collector {
 public:
  explicit Collector(std::string_view word) : word_(word) {}

  void offer(std::string_view candidate, std::string_view about = {}) {
    if (candidate.starts_with(word_))
      completion_.candidates.push_back({std::string(candidate), std::string(about)});
  }
  void offer_files() { completion_.files = true; }
  Completion take() { return std::move(completion_); }

 private:
  std::string_view word_;
  Completion completion_;
};

void offer_commands(Collector& out, std::span<const Applet> commands) {
  for (const Applet& command : commands) out.offer(command.name, command.summary);
}

void offer_options(Collector& out, const CommandOptions& command) {
  for (const Option& option : command.options) {
    out.offer(option.name, option.help);
    if (!option.letter.empty()) out.offer(option.letter, option.help);
  }
}

void offer_profiles(Collector& out, std::span<const std::string_view> profiles,
                    std::string_view prefix = {}) {
  for (const std::string_view profile : profiles)
    out.offer(std::string(prefix) + "@" + std::string(profile), "a profile of the config file");
}

// `prefix` is what stands in front of the value in the same word, as `--color=`.
void offer_values(Collector& out, const Option& option, std::string_view prefix,
                  std::span<const std::string_view> profiles) {
  for (const std::string& word : option.words) out.offer(std::string(prefix) + word);
  if (option.name == "--server") offer_profiles(out, profiles, prefix);
  if (option.takes_file() || option.takes_at_file()) out.offer_files();
}

// The option whose value stands behind `word`: `--color`, `-r`, or the last letter of `-lr`.
const Option* option_waiting(const CommandOptions& command, std::string_view word) {
  if (word.size() < 2 || word[0] != '-' || word.find('=') != std::string_view::npos) return nullptr;
  const bool is_long = word.starts_with("--");
  const Option* option =
      command.find(is_long ? std::string(word) : "-" + std::string(word.substr(word.size() - 1)));
  return option != nullptr && option->takes_value() ? option : nullptr;
}

void complete_option(Collector& out, const CommandOptions& command, std::string_view word,
                     std::span<const std::string_view> profiles) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return offer_options(out, command);
  const Option* option = command.find(word.substr(0, equals));
  if (option != nullptr) offer_values(out, *option, word.substr(0, equals + 1), profiles);
}

void complete_argument(Collector& out, const CommandOptions& command,
                       std::span<const std::string> words,
                       std::span<const std::string_view> profiles) {
  const std::string& word = words.back();
  if (std::ranges::find(words.first(words.size() - 1), "--") != words.end() - 1) return;
  const Option* waiting =
      words.size() < 2 ? nullptr : option_waiting(command, words[words.size() - 2]);
  if (waiting != nullptr) return offer_values(out, *waiting, {}, profiles);
  if (word.starts_with('-')) return complete_option(out, command, word, profiles);
  if (word.starts_with('@') && command.find("--server") != nullptr) offer_profiles(out, profiles);
}

void complete_help(Collector& out, std::span<const Applet> commands) {
  offer_commands(out, commands);
  for (const HelpTopic& topic : help_topics()) out.offer(topic.name, topic.summary);
}

}  // namespace

Completion complete(std::span<const Applet> commands, std::span<const std::string> words,
                    std::span<const std::string_view> profiles) {
  if (words.empty()) return {};
  Collector out(words.back());
  if (words.size() == 1) {
    offer_commands(out, commands);
    out.offer("help", "about a command, or exit, json, env, http");
    out.offer("completion", "a shell's completion script");
    out.offer("--version", "the version of sio");
    return out.take();
  }
  const auto command = std::ranges::find(commands, words.front(), &Applet::name);
  if (command != commands.end())
    complete_argument(out, survey({&*command, 1}).front(), words.subspan(1), profiles);
  else if (words.size() == 2 && words.front() == "help")
    complete_help(out, commands);
  else if (words.size() == 2 && words.front() == "completion")
    for (const std::string_view shell : completion_shells()) out.offer(shell);
  return out.take();
}

std::string completion_text(const Completion& completion) {
  std::string text;
  for (const Candidate& candidate : completion.candidates)
    text += candidate.word + "\t" + candidate.about + "\n";
  if (completion.files) text += ":files\n";
  return text;
}

}  // namespace sio::cli

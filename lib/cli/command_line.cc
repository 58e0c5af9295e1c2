#include "cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "base/check.h"
#include "cli/exit_code.h"
#include "cli/nearest.h"
#include "cli/units.h"
#include "proto/url.h"

namespace sio::cli {
namespace {

constexpr std::size_t kHelpWidth = 100;

// CLI11 has ideas of its own about words: `[a,b]` is a list, `{}` an empty one, `-5` an option. So
// what is not an option goes through it in disguise.
constexpr char kMark = '\x01';

bool is_option(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const bool negative_number = word[1] >= '0' && word[1] <= '9' && word != "-0";
  return !negative_number;
}

std::string disguised(const std::string& word) {
  std::string out;
  if (!is_option(word)) (out += kMark) += 'n';
  for (const char c : word) {
    if (c == kMark)
      (out += kMark) += 'a';
    else if (c == '[')
      (out += kMark) += 'b';
    else if (c == '{')
      (out += kMark) += 'c';
    else
      out += c;
  }
  return out;
}

std::string revealed(const std::string& word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != kMark || i + 1 == word.size()) {
      out += word[i];
      continue;
    }
    const char what = word[++i];
    if (what == 'a') out += kMark;
    if (what == 'b') out += '[';
    if (what == 'c') out += '{';
  }
  return out;
}

// "-r, --room ROOM"
std::string left_of(const Option& option) {
  return fmt::format("{}{}{}{}", option.letter.empty() ? "    " : option.letter + ", ", option.name,
                     option.takes_value() ? " " : "", option.value);
}

// Appends lines of at most kHelpWidth, those behind the first indented. The first begins where they
// do.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent) {
  const std::size_t room = kHelpWidth - indent;
  while (text.size() > room) {
    std::size_t end = text.rfind(' ', room);
    if (end == std::string_view::npos) end = std::min(text.find(' '), text.size());
    out.append(text.substr(0, end)).append("\n").append(indent, ' ');
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out.append(text).append("\n");
}

void print(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

}  // namespace

CommandLine::CommandLine(std::string command, std::string about)
    : about_(std::move(about)),
      app_(std::make_unique<CLI::App>()),
      options_{.command = std::move(command), .options = {}} {
  app_->set_help_flag();
  app_->allow_extras();
  app_->add_option("operands", operands_);
}

CommandLine::~CommandLine() = default;

void CommandLine::heading(std::string text) {
  lines_.push_back({.heading = std::move(text)});
}

void CommandLine::describe(const std::string& names, std::string value, std::string help,
                           Reader read) {
  const std::size_t comma = names.find(',');
  const bool has_letter = comma != std::string::npos;
  lines_.push_back({.heading = {}, .option = options_.options.size()});
  options_.options.push_back({.letter = has_letter ? names.substr(0, comma) : "",
                              .name = has_letter ? names.substr(comma + 1) : names,
                              .value = std::move(value),
                              .help = std::move(help),
                              .read = std::move(read)});
}

void CommandLine::flag(const std::string& names, bool& target, std::string help) {
  app_->add_flag_callback(names, [&target] { target = true; });
  describe(names, {}, std::move(help), [&target](const std::string& text) -> Status {
    if (!text.empty() && text != "yes" && text != "no")
      return fail(Errc::usage, "takes no value, or yes or no");
    target = text != "no";
    return {};
  });
}

void CommandLine::counter(const std::string& names, int& target, std::string help) {
  app_->add_flag_function(names,
                          [&target](std::int64_t count) { target = static_cast<int>(count); });
  describe(names, {}, std::move(help), [&target](const std::string& text) -> Status {
    SIO_TRY(const std::uint64_t count, parse_count(text.empty() ? "1" : text, 0));
    target = static_cast<int>(std::min<std::uint64_t>(count, 9));
    return {};
  });
}

void CommandLine::option(const std::string& names, std::string value, std::string& target,
                         std::string help) {
  option(
      names, std::move(value),
      [&target](const std::string& text) {
        target = text;
        return Status();
      },
      std::move(help));
}

void CommandLine::option(const std::string& names, std::string value,
                         std::vector<std::string>& target, std::string help) {
  option(
      names, std::move(value),
      [&target](const std::string& text) {
        target.push_back(text);
        return Status();
      },
      std::move(help));
}

void CommandLine::option(const std::string& names, std::string value, Reader read,
                         std::string help) {
  const std::size_t index = options_.options.size();
  app_->add_option_function<std::vector<std::string>>(
          names,
          [this, index](const std::vector<std::string>& values) {
            Option& option = options_.options[index];
            for (const std::string& value_text : values) {
              option.given = revealed(value_text);
              const Status status = option.read(option.given);
              if (!status && complaint_.empty())
                complaint_ =
                    fmt::format("{} {}: {}", option.name, option.given, status.error().message);
            }
          })
      ->allow_extra_args(false);
  describe(names, std::move(value), std::move(help), std::move(read));
}

void CommandLine::choice(const std::string& names, std::string value,
                         std::vector<std::string> words, std::string& target, std::string help) {
  option(
      names, std::move(value),
      [&target, words](const std::string& text) -> Status {
        if (std::ranges::find(words, text) == words.end())
          return fail(Errc::usage, fmt::format("expected {}", fmt::join(words, ", ")));
        target = text;
        return {};
      },
      std::move(help));
  options_.options.back().words = std::move(words);
}

Option& CommandLine::known(std::string_view name) {
  Option* option = options_.find(name);
  SIO_CHECK(option != nullptr);
  return *option;
}

void CommandLine::suggest(std::string_view name, std::vector<std::string> words) {
  known(name).words = std::move(words);
}

void CommandLine::variable(std::string_view name, std::string variable) {
  known(name).variable = std::move(variable);
}

void CommandLine::hidden_by(std::string_view name, std::vector<std::string> variables) {
  known(name).hidden_by = std::move(variables);
}

void CommandLine::more(std::string_view name, std::vector<std::string>& target) {
  known(name).read_more = [&target](const std::string& text) {
    target.push_back(text);
    return Status();
  };
}

void CommandLine::duration(const std::string& names, std::optional<Duration>& target,
                           std::string help) {
  option(
      names, "DUR",
      [&target](const std::string& text) -> Status {
        SIO_TRY(target, parse_duration(text));
        return {};
      },
      std::move(help));
}

void CommandLine::size(const std::string& names, std::optional<std::uint64_t>& target,
                       std::string help) {
  option(
      names, "SIZE",
      [&target](const std::string& text) -> Status {
        SIO_TRY(target, parse_size(text));
        return {};
      },
      std::move(help));
}

void CommandLine::count(const std::string& names, std::string value,
                        std::optional<std::uint64_t>& target, std::string help) {
  option(
      names, std::move(value),
      [&target](const std::string& text) -> Status {
        SIO_TRY(target, parse_count(text, 1));
        return {};
      },
      std::move(help));
}

std::optional<int> CommandLine::parse(const Arguments& arguments) {
  flag("-h,--help", wants_help_, "this text");
  flag("--version", wants_version_, "the version of sio");
  if (arguments.survey != nullptr) {
    *arguments.survey = options_;
    return 0;
  }
  const auto dashes = std::ranges::find(arguments.words, "--");
  std::vector<std::string> words(arguments.words.begin(), dashes);
  for (std::string& word : words) word = disguised(word);
  if (const auto status = run_parser(std::move(words))) return status;
  // An option of one digit, which CLI11 took for a number.
  for (const std::string& operand : operands_)
    if (is_option(operand)) return unknown_option(operand);
  for (std::string& operand : operands_) operand = revealed(operand);
  operands_before_dashes_ = operands_.size();
  if (dashes != arguments.words.end())
    operands_.insert(operands_.end(), dashes + 1, arguments.words.end());
  if (const Status status = settle_preferences(arguments.commands); !status) {
    print(stderr, fmt::format("sio {}: {}\n", options_.command, status.error().message));
    return kUsageStatus;
  }
  return std::nullopt;
}

std::optional<int> CommandLine::run_parser(std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // as CLI11 wants it
  try {
    app_->parse(std::move(arguments));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    const std::string name = text.substr(0, text.find(':'));
    const Option* option = options_.find(name);
    return complain(
        fmt::format("{}: needs a value{}", name, option == nullptr ? "" : ", " + option->value));
  } catch (const CLI::ParseError& error) {
    return complain(error.what());
  }
  note_given();
  if (const auto status = answer()) return status;
  if (!app_->remaining().empty()) return unknown_option(revealed(app_->remaining().front()));
  if (!complaint_.empty()) return complain(complaint_);
  return std::nullopt;
}

void CommandLine::note_given() {
  for (Option& option : options_.options)
    option.was_given = app_->get_option(option.name)->count() > 0;
}

std::optional<int> CommandLine::answer() const {
  if (!wants_help_ && !wants_version_) return std::nullopt;
  print(stdout, wants_help_ ? help() : fmt::format("sio {}\n", version()));
  return 0;
}

Status CommandLine::settle_preferences(std::span<const Applet> commands) {
  if (options_.find("--server") == nullptr) return {};
  SIO_TRY(const Preferences preferences, Preferences::read());
  SIO_TRY_STATUS(take_server(preferences));
  return preferences.apply(options_, commands);
}

// The first operand may name the server, unless --server did or it stands behind `--`.
Status CommandLine::take_server(const Preferences& preferences) {
  Option& server = known("--server");
  if (server.was_given || operands_before_dashes_ == 0) return {};
  const std::string& word = operands_.front();
  const bool is_profile = word.starts_with('@') && preferences.has_profile(word.substr(1));
  if (!is_profile && !proto::looks_like_server(word)) {
    const std::string_view meant =
        word.starts_with('@') ? preferences.nearest_profile(word.substr(1)) : "";
    if (meant.empty()) return {};
    return fail(Errc::usage,
                fmt::format("{0}: did you mean @{1}? (-- {0} is taken as it stands)", word, meant));
  }
  server.given = word;
  server.was_given = true;
  operands_.erase(operands_.begin());
  --operands_before_dashes_;
  return is_profile ? Status() : server.read(server.given);
}

bool CommandLine::given(std::string_view name) const {
  const Option* option = options_.find(name);
  return option != nullptr && option->was_given;
}

int CommandLine::unknown_option(std::string_view option) const {
  const std::string_view name = option.substr(0, option.find('='));
  if (!name.starts_with("--")) return complain(fmt::format("unknown option {}", name));
  std::vector<std::string_view> names;
  for (const Option& one : options_.options) names.push_back(one.name);
  if (const auto guess = nearest(name, names))
    return complain(fmt::format("unknown option {}: did you mean {}?", name, *guess));
  return complain(fmt::format("unknown option {}", name));
}

int CommandLine::complain(std::string_view message) const {
  print(stderr,
        fmt::format("sio {0}: {1} (`sio {0} -h` lists the options)\n", options_.command, message));
  return kUsageStatus;
}

bool CommandLine::take_dash() {
  if (operands_.empty() || operands_before_dashes_ < operands_.size()) return false;
  if (operands_.back() != "-") return false;
  operands_.pop_back();
  --operands_before_dashes_;
  return true;
}

std::string CommandLine::help() const {
  std::size_t width = 0;
  for (const Option& option : options_.options) width = std::max(width, left_of(option).size());
  std::string text = about_ + "\n";
  for (const Line& line : lines_) {
    const Option& option = options_.options[line.option];
    if (line.heading.empty()) {
      text += fmt::format("  {:<{}}  ", left_of(option), width);
      append_wrapped(text, option.help, width + 4);
    } else {
      text += fmt::format("\n{}\n", line.heading);
    }
  }
  return text;
}

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least)
    return fail(Errc::usage, fmt::format("expected a whole number from {} on", least));
  return value;
}

}  // namespace sio::cli

#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "cli/exit_code.h"
#include "cli/nearest.h"
#include "cli/units.h"
#include "proto/url.h"

namespace sio::cli {
namespace {

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

void print(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

}  // namespace

CommandLine::CommandLine(std::string command, std::string about)
    : command_(std::move(command)), about_(std::move(about)), app_(std::make_unique<CLI::App>()) {
  app_->set_help_flag();
  app_->allow_extras();
  app_->add_option("operands", operands_);
}

CommandLine::~CommandLine() = default;

void CommandLine::heading(std::string text) {
  lines_.push_back({{}, std::move(text)});
}

void CommandLine::describe(const std::string& names, const std::string& value, std::string help) {
  std::string left;
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    names_.push_back(names.substr(begin, end - begin));
    left += (left.empty() ? "" : ", ") + names_.back();
    begin = end + 1;
  }
  if (names.starts_with("--")) left.insert(0, "    ");
  if (!value.empty()) left += " " + value;
  lines_.push_back({std::move(left), std::move(help)});
}

void CommandLine::flag(const std::string& names, bool& target, std::string help) {
  app_->add_flag_callback(names, [&target] { target = true; });
  describe(names, {}, std::move(help));
}

void CommandLine::counter(const std::string& names, int& target, std::string help) {
  app_->add_flag_function(names,
                          [&target](std::int64_t count) { target = static_cast<int>(count); });
  describe(names, {}, std::move(help));
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
  const std::string name = names.substr(names.rfind(',') + 1);
  app_->add_option_function<std::vector<std::string>>(
          names,
          [this, name, read = std::move(read)](const std::vector<std::string>& values) {
            for (const std::string& value_text : values) {
              const std::string text = revealed(value_text);
              if (const Status status = read(text); !status && complaint_.empty())
                complaint_ = fmt::format("{} {}: {}", name, text, status.error().message);
            }
          })
      ->allow_extra_args(false);
  describe(names, value, std::move(help));
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
  const auto dashes = std::ranges::find(arguments, "--");
  std::vector<std::string> words(arguments.begin(), dashes);
  for (std::string& word : words) word = disguised(word);
  if (const auto status = run_parser(std::move(words))) return status;
  // An option of one digit, which CLI11 took for a number.
  for (const std::string& operand : operands_)
    if (is_option(operand)) return unknown_option(operand);
  for (std::string& operand : operands_) operand = revealed(operand);
  operands_before_dashes_ = operands_.size();
  if (dashes != arguments.end()) operands_.insert(operands_.end(), dashes + 1, arguments.end());
  return std::nullopt;
}

std::optional<int> CommandLine::run_parser(std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // as CLI11 wants it
  try {
    app_->parse(std::move(arguments));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    return complain(text.substr(0, text.find(':')) + ": needs a value");
  } catch (const CLI::ParseError& error) {
    return complain(error.what());
  }
  if (wants_help_) {
    print(stdout, help());
    return 0;
  }
  if (wants_version_) {
    print(stdout, fmt::format("sio {}\n", version()));
    return 0;
  }
  if (!app_->remaining().empty()) return unknown_option(revealed(app_->remaining().front()));
  if (!complaint_.empty()) return complain(complaint_);
  return std::nullopt;
}

int CommandLine::unknown_option(std::string_view option) const {
  const std::string_view name = option.substr(0, option.find('='));
  if (!name.starts_with("--")) return complain(fmt::format("unknown option {}", name));
  std::vector<std::string_view> known;
  for (const std::string& one : names_)
    if (one.starts_with("--")) known.push_back(one);
  if (const auto guess = nearest(name, known))
    return complain(fmt::format("unknown option {}: did you mean {}?", name, *guess));
  return complain(fmt::format("unknown option {}", name));
}

int CommandLine::complain(std::string_view message) const {
  print(stderr, fmt::format("sio {0}: {1} (`sio {0} -h` lists the options)\n", command_, message));
  return kUsageStatus;
}

std::optional<std::string> CommandLine::take_server_operand(bool server_known) {
  if (server_known || operands_before_dashes_ == 0) return std::nullopt;
  if (!proto::looks_like_server(operands_.front())) return std::nullopt;
  std::string server = std::move(operands_.front());
  operands_.erase(operands_.begin());
  --operands_before_dashes_;
  return server;
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
  for (const Line& line : lines_) width = std::max(width, line.left.size());
  std::string text = about_ + "\n";
  for (const Line& line : lines_)
    text += line.left.empty() ? fmt::format("\n{}\n", line.help)
                              : fmt::format("  {:<{}}  {}\n", line.left, width, line.help);
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

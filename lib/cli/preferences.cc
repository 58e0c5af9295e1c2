#include "cli/preferences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "cli/applet.h"
#include "cli/file_text.h"
#include "cli/nearest.h"

namespace sio::cli {
namespace {

constexpr std::size_t kMaxFile = 1u << 20;
constexpr std::string_view kServer = "server";

std::string default_path() {
  std::string base = environment("XDG_CONFIG_HOME");
  if (!base.starts_with('/')) {
    const std::string home = environment("HOME");
    if (!home.starts_with('/')) return {};
    base = home + "/.config";
  }
  return base + "/sio/config";
}

// A file that a line names is beside the config file, wherever a command is run.
std::string beside(const std::string& config, const std::string& path) {
  if (path.starts_with("~/")) return environment("HOME") + path.substr(1);
  if (path.empty() || path.starts_with('/')) return path;
  return config.substr(0, config.rfind('/') + 1) + path;
}

std::string value_of(const Option& option, const ConfigLine& line, const std::string& config) {
  if (option.takes_file()) return beside(config, line.value);
  if (option.takes_at_file() && line.value.starts_with('@'))
    return "@" + beside(config, line.value.substr(1));
  return line.value;
}

std::vector<std::string_view> names_of(const std::vector<CommandOptions>& commands) {
  std::vector<std::string_view> names;
  for (const CommandOptions& command : commands)
    for (const Option& option : command.options)
      names.push_back(std::string_view(option.name).substr(2));
  return names;
}

bool is_answered_by_text(std::string_view option) {
  return option == "help" || option == "version";
}

}  // namespace

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

Result<Preferences> Preferences::read() {
  const char* named = std::getenv("SIO_CONFIG");
  const std::string path = named == nullptr ? default_path() : named;
  if (path.empty()) return Preferences({}, false);
  // Also where the way to it is closed to us: under another user's $HOME.
  if (named == nullptr && ::access(path.c_str(), F_OK) != 0)
    return Preferences({.path = path, .common = {}, .profiles = {}}, false);
  const auto text = read_file(path, kMaxFile);
  if (!text)
    return fail(Errc::usage,
                fmt::format("{}{}", named == nullptr ? "" : "$SIO_CONFIG: ", text.error().message));
  SIO_TRY(ConfigFile file, parse_config(*text, path));
  return Preferences(std::move(file), true);
}

std::vector<std::string_view> Preferences::profiles() const {
  std::vector<std::string_view> names;
  for (const ConfigProfile& profile : file_.profiles) names.push_back(profile.name);
  return names;
}

std::string_view Preferences::nearest_profile(std::string_view word) const {
  const auto names = profiles();
  return nearest(word, names).value_or("");
}

// One application to one command.
class Preferences::Application {
 public:
  Application(const Preferences& preferences, CommandOptions& command)
      : preferences_(preferences), file_(preferences.file_), command_(command) {}

  Status check_lines(std::span<const Applet> all) const;
  Status choose_server();
  Status read_environment();
  Status read_lines();

 private:
  tl::unexpected<Error> wrong(const ConfigLine& line, std::string_view what) const {
    return fail(Errc::usage, fmt::format("{}:{}: {}", file_.path, line.number, what));
  }
  Status check_option(const ConfigLine& line, std::span<const Applet> all) const;
  Status choose_profile(std::string_view name);
  std::string server_of(const std::vector<ConfigLine>& lines) const;
  Status read_level(const std::vector<ConfigLine>& lines, const std::vector<ConfigLine>* stronger);

  const Preferences& preferences_;
  const ConfigFile& file_;
  CommandOptions& command_;
  const ConfigProfile* profile_ = nullptr;
};

Status Preferences::Application::check_lines(std::span<const Applet> all) const {
  for (const ConfigLine& line : file_.common) SIO_TRY_STATUS(check_option(line, all));
  for (const ConfigProfile& profile : file_.profiles)
    for (const ConfigLine& line : profile.lines) {
      SIO_TRY_STATUS(check_option(line, all));
      if (line.option == kServer && line.value.starts_with('@'))
        return wrong(line, "server: a profile cannot lead to another one; name an address");
    }
  return {};
}

Status Preferences::Application::check_option(const ConfigLine& line,
                                              std::span<const Applet> all) const {
  if (is_answered_by_text(line.option))
    return wrong(line, fmt::format("{}: only on the command line", line.option));
  const Option* known = command_.find("--" + line.option);
  std::vector<CommandOptions> commands;
  if (known == nullptr) {
    commands = survey(all);
    std::erase_if(commands, [](const auto& one) { return one.find("--server") == nullptr; });
    for (const CommandOptions& one : commands)
      if (known == nullptr) known = one.find("--" + line.option);
  }
  if (known == nullptr) {
    const auto guess = nearest(line.option, names_of(commands));
    return wrong(line,
                 fmt::format("no option `{}` of a command that talks to a server: {}", line.option,
                             guess ? fmt::format("did you mean `{}`?", *guess)
                                   : "`sio listen -h` lists what there is"));
  }
  if (known->takes_value() && line.value.empty() && !known->may_be_empty)
    return wrong(line, fmt::format("{}: write {} behind it", line.option, known->value));
  return {};
}

Status Preferences::Application::choose_profile(std::string_view name) {
  profile_ = file_.find(name);
  if (profile_ != nullptr) return {};
  if (!preferences_.exists_)
    return fail(Errc::usage, fmt::format("no profile `{}`: there is no config file{}{}", name,
                                         file_.path.empty() ? "" : " ", file_.path));
  const std::string_view guess = preferences_.nearest_profile(name);
  const auto names = preferences_.profiles();
  return fail(Errc::usage,
              fmt::format("no profile `{}` in {}: {}", name, file_.path,
                          !guess.empty()  ? fmt::format("did you mean @{}?", guess)
                          : names.empty() ? "a line [NAME] opens one"
                                          : fmt::format("it has {}", fmt::join(names, ", "))));
}

// The last one counts; "" for none that is an address.
std::string Preferences::Application::server_of(const std::vector<ConfigLine>& lines) const {
  std::string server;
  for (const ConfigLine& line : lines)
    if (line.option == kServer) server = line.value;
  return server;
}

Status Preferences::Application::choose_server() {
  Option& option = *command_.find("--server");
  const std::string variable = environment("SIO_URL");
  std::string server;
  for (const std::string& text : {option.given, variable, server_of(file_.common)}) {
    if (text.empty() || !server.empty()) continue;
    if (!text.starts_with('@'))
      server = text;
    else if (profile_ == nullptr) {
      SIO_TRY_STATUS(choose_profile(std::string_view(text).substr(1)));
      server = server_of(profile_->lines);
    }
  }
  return server.empty() && !option.was_given ? Status() : option.read(server);
}

Status Preferences::Application::read_environment() {
  for (Option& option : command_.options) {
    if (option.variable.empty() || option.was_given || option.name == "--server") continue;
    const std::string value = environment(option.variable);
    if (value.empty()) continue;
    if (const Status status = option.read(value); !status)
      return fail_in("$" + option.variable, status.error());
  }
  return {};
}

Status Preferences::Application::read_lines() {
  if (profile_ != nullptr) SIO_TRY_STATUS(read_level(profile_->lines, nullptr));
  return read_level(file_.common, profile_ == nullptr ? nullptr : &profile_->lines);
}

Status Preferences::Application::read_level(const std::vector<ConfigLine>& lines,
                                            const std::vector<ConfigLine>* stronger) {
  const auto is_hidden = [&](const Option& option, const ConfigLine& line) {
    if (option.read_more) return false;
    const auto is_set = [](const std::string& name) { return !environment(name).empty(); };
    return option.was_given || is_set(option.variable) ||
           std::ranges::any_of(option.hidden_by, is_set) ||
           (stronger != nullptr &&
            std::ranges::find(*stronger, line.option, &ConfigLine::option) != stronger->end());
  };
  for (const ConfigLine& line : lines) {
    const Option* option = command_.find("--" + line.option);
    if (option == nullptr || line.option == kServer || is_hidden(*option, line)) continue;
    const auto& read = option->read_more ? option->read_more : option->read;
    if (const Status status = read(value_of(*option, line, file_.path)); !status)
      return wrong(line, fmt::format("{}: {}", line.option, status.error().message));
  }
  return {};
}

Status Preferences::apply(CommandOptions& command, std::span<const Applet> all) const {
  Application application(*this, command);
  SIO_TRY_STATUS(application.check_lines(all));
  SIO_TRY_STATUS(application.choose_server());
  SIO_TRY_STATUS(application.read_environment());
  return application.read_lines();
}

}  // namespace sio::cli

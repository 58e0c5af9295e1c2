// What may stand where somebody who types a command pauses: for the shells' completion.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/applet.h"

namespace sio::cli {

struct Candidate {
  std::string word;
  std::string about;  // one line, may be ""
};

struct Completion {
  std::vector<Candidate> candidates;
  bool files = false;  // names of files fit too
};

// `words` stand behind `sio`; the last is the one being typed, and may be "". `profiles` are those
// of the config file. Only what begins with that word is offered.
Completion complete(std::span<const Applet> commands, std::span<const std::string> words,
                    std::span<const std::string_view> profiles);

// What shells read: a candidate a line, its meaning behind a tab; `:files` for file names.
std::string completion_text(const Completion& completion);

// The script that makes a shell ask; "" if there is none for it.
std::string_view completion_script(std::string_view shell);
// "bash", "fish", "zsh"
std::span<const std::string_view> completion_shells();

}  // namespace sio::cli

// The text of the config file, as people write it.
//
//   # a comment                    only where a line begins
//   header X-Team: shop            a long option without its dashes; the rest of the line is its
//   value insecure                       an option that takes no value [prod] opens a profile,
//   which reaches to the next one server https://chat.example.org
//
// Blanks around a name and a value do not count, nor do empty lines. Whether an option exists is
// not known here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::cli {

struct ConfigLine {
  std::size_t number = 0;  // in the file, from 1
  std::string option;      // "header"
  std::string value;       // "" if there is none
};

struct ConfigProfile {
  std::string name;
  std::size_t number = 0;  // the line that opens it
  std::vector<ConfigLine> lines;
};

struct ConfigFile {
  std::string path;                // for messages
  std::vector<ConfigLine> common;  // above the first profile
  std::vector<ConfigProfile> profiles;

  const ConfigProfile* find(std::string_view profile) const;  // null: there is none
};

// Errors: Errc::usage, with "PATH:LINE: " in front.
Result<ConfigFile> parse_config(std::string_view text, std::string path);

// Whether a profile can be called this: letters, digits, `-`, `_` and `.`.
bool is_profile_name(std::string_view name);

}  // namespace sio::cli

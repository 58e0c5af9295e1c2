// --match P=GLOB: which events are wanted, by a value inside their arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/json_path.h"

namespace sio::cli {

class EventMatch {
 public:
  // One more condition: the value at path P, a string as it is and anything else as JSON, matches
  // GLOB. Errc::usage says what is wrong with it.
  Status add(std::string_view condition);

  bool empty() const { return conditions_.empty(); }
  // Whether `args` (checked JSON values joined by commas) meet all conditions. A path that leads
  // nowhere meets none.
  bool matches(std::string_view args) const;

 private:
  struct Condition {
    JsonPath path;
    std::string glob;
  };
  std::vector<Condition> conditions_;
};

}  // namespace sio::cli

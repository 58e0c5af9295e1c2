#include "cli/option.h"

#include <algorithm>
#include <utility>

namespace sio::cli {

const Option* CommandOptions::find(std::string_view wanted) const {
  const auto it = std::ranges::find_if(options, [wanted](const Option& option) {
    return option.name == wanted || (!option.letter.empty() && option.letter == wanted);
  });
  return it == options.end() ? nullptr : &*it;
}

Option* CommandOptions::find(std::string_view wanted) {
  return const_cast<Option*>(std::as_const(*this).find(wanted));
}

}  // namespace sio::cli

// JSON for people at a terminal, coloured as jq(1) does.
#pragma once

#include <string>
#include <string_view>

namespace sio::cli {

// Appends `json`, text that is JSON, with keys, strings, numbers, null and brackets each in their
// colour. Without the colours it is the same text. A line's end stays behind the last colour.
void append_colored_json(std::string& out, std::string_view json);

}  // namespace sio::cli

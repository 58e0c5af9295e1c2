// What an application behind `serve --app` may write, one JSON object on a line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::server {

struct AppCommand {
  enum class Type : std::uint8_t {
    event,       // send `event` to `to` (rooms and sids; empty: everybody in `ns`)
    ack,         // answer the event `ack` of `sid`
    join,        // put `sid` into `rooms`
    leave,       // take it out
    disconnect,  // take `sid` out of its namespace, or with `close` end its connection
    accept,      // the verdict on a connect record that had "decide":true
    refuse,      //   and with which words
    options,     // how the server should talk to the application
  };

  Type type = Type::event;
  std::string ns = "/";
  std::string sid;
  std::string event;
  std::string args;                      // JSON between the brackets, placeholders for binary
  std::vector<std::string> attachments;  // of args
  std::vector<std::string> to;
  std::vector<std::string> except;
  std::vector<std::string> rooms;
  std::optional<std::uint64_t> ack;  // event: ask for an ack under this number
  std::string message;               // refuse
  std::string data;                  // refuse: JSON or empty
  bool is_volatile = false;
  bool close = false;
  bool decide = false;
};

// Errors say what is wrong with the line, naming the member. Unknown members are ignored.
Result<AppCommand> parse_app_command(std::string_view line);

}  // namespace sio::server

// What -vv shows of a conversation without giving away who may take part in it. Pure.
//
// Secret are: the values of headers, of arguments in a query and of a user's part in a URL, where
// their name says so; all of what CONNECT presents; the private id of a session that can be
// recovered. In their place stands `***`.
#pragma once

#include <string>
#include <string_view>

#include "client/trace.h"

namespace sio::cli {

// Whether a header, an argument or a member of this name is not for everybody: it has to do with
// authentication, cookies, tokens, keys or passwords.
bool is_secret_name(std::string_view name);

// A URL or the target of a request.
std::string mask_url(std::string_view url);
// The value of a header; of `Authorization: Bearer x` the scheme stays.
std::string mask_header(std::string_view name, std::string_view value);
// An Engine.IO packet: `40{"token":"t"}` is `40{"token":"***"}`.
std::string mask_packet(client::Direction direction, std::string_view packet);

}  // namespace sio::cli

// What may be shown of a conversation without giving away who may take part in it. Pure.
//
// Secret are the values of headers and of arguments in a query, where their name says so, and the
// user's part of a URL. In their place stands `***`. For packets see proto/mask.h.
#pragma once

#include <string>
#include <string_view>

namespace sio::proto {

// Whether a header, an argument or a member of this name is not for everybody: it has to do with
// authentication, cookies, tokens, keys or passwords.
bool is_secret_name(std::string_view name);

// A URL or the target of a request.
std::string mask_url(std::string_view url);
// The value of a header; of `Authorization: Bearer x` the scheme stays.
std::string mask_header(std::string_view name, std::string_view value);

}  // namespace sio::proto

// Reads what libwebsockets has parsed of an HTTP head. Valid while the head is: in the callbacks
// about it, and on a server until the request is answered. Loop thread only.
#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

struct lws;

namespace sio::net {

// libwebsockets hands a target over decoded and tidied; it is encoded again here. So "/a%2Fb//c"
// reads "/a/b/c", and "%41" reads "A", but every argument of the query means what it meant. Of the
// headers it has the known ones.
RequestHead read_request_head(lws* wsi);

// The headers that libwebsockets knows by name.
HttpHeaders read_known_headers(lws* wsi);

// Adds the others, as far as they can be found: since 4.3 libwebsockets lists them, before that it
// must be asked for each by its name. Names come from `bytes`, if the head is still at their
// beginning (they are what was read last), and from a list of common ones. Whatever they are, only
// what this head has is added. Of several with the same name there is only the first.
void add_custom_headers(lws* wsi, std::string_view bytes, HttpHeaders& headers);

// The value of a header that libwebsockets does not know by name. `name` in lower case.
std::string read_custom_header(lws* wsi, std::string_view name);

// Bytes that the head takes up, about.
std::size_t head_size(const RequestHead& head);

}  // namespace sio::net

// The admin UI as pages: the files of @socket.io/admin-ui below /admin/, told before they start to
// which server they belong.
#pragma once

#include <optional>
#include <string_view>

#include "net/http.h"
#include "server/options.h"

namespace sio::server {

// The answer to a request for `path`, decoded: a file of the UI, or the way to it from `/` and
// `/admin`. Nothing: the path is none of its.
//
// The page connects to where it came from: preset.js, which is loaded first, writes that into the
// browser's storage, in which the UI looks. Behind a proxy that serves all this below a folder of
// its own, it stays below that folder. If the user has named another server there, that stays.
// Nothing is loaded from elsewhere: the icons are ours to give, and text has the browser's own
// font.
std::optional<net::HttpResponse> admin_page(const net::HttpRequest& request, std::string_view path,
                                            const ServerOptions& options);

}  // namespace sio::server

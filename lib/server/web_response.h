// Answers with the files of lib/web.
#pragma once

#include <string_view>

#include "net/http.h"
#include "web/web_files.h"

namespace sio::server {

// Whether who sends this Accept-Encoding takes gzip, and likes it no less than plain bytes (RFC
// 9110 §12.5.3). What cannot be read is not asked for.
bool takes_gzip(std::string_view accept_encoding);
// Whether an If-None-Match names this entity tag.
bool names_etag(std::string_view if_none_match, std::string_view etag);

// The answer to a GET or HEAD: the file, compressed for those who take that, or 304 for those who
// have it. Browsers keep it and ask each time whether it is still the same, as with the official
// server.
net::HttpResponse web_response(const web::FileSet& set, const web::File& file,
                               const net::HttpRequest& request);

}  // namespace sio::server

// The CORS headers of answers (expressjs/cors semantics, which the official server has).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace sio::server {

// Says who may read answers; it refuses nobody. `origins` empty: no headers at all; `*`: anybody;
// one origin: that one, always; several: whichever of them asks. `credentials`: pages of a named
// origin may send theirs, which browsers demand for old clients: they always do.
class Cors {
 public:
  explicit Cors(std::vector<std::string> origins, bool credentials = false)
      : origins_(std::move(origins)), credentials_(credentials) {}

  bool enabled() const { return !origins_.empty(); }
  // Appends what an answer to `request` carries.
  void add_headers(const net::HttpRequest& request, net::HttpHeaders& headers) const;
  // The answer to an OPTIONS request.
  net::HttpResponse preflight(const net::HttpRequest& request) const;

 private:
  bool is_any() const { return origins_.size() == 1 && origins_.front() == "*"; }

  std::vector<std::string> origins_;
  bool credentials_;
};

// Whether the page that asks is of an origin that --cors names, be it by `*`.
bool is_named_origin(const net::HttpRequest& request, const std::vector<std::string>& origins);
// Whether a page asks that is neither of the origin that it asks nor of one that --cors names.
bool is_foreign(const net::HttpRequest& request, const std::vector<std::string>& origins);

}  // namespace sio::server

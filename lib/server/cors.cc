#include "server/cors.h"

#include <algorithm>

namespace sio::server {

void Cors::add_headers(const net::HttpRequest& request, net::HttpHeaders& headers) const {
  if (!enabled()) return;
  if (is_any()) {
    headers.emplace_back("Access-Control-Allow-Origin", "*");
    return;
  }
  const std::string_view asking = request.header("origin");
  const bool is_listed = std::ranges::find(origins_, asking) != origins_.end();
  if (origins_.size() == 1) {
    headers.emplace_back("Access-Control-Allow-Origin", origins_.front());
  } else if (is_listed) {
    headers.emplace_back("Access-Control-Allow-Origin", asking);
  }
  headers.emplace_back("Vary", "Origin");
  if (credentials_ && (is_listed || origins_.size() == 1))
    headers.emplace_back("Access-Control-Allow-Credentials", "true");
}

net::HttpResponse Cors::preflight(const net::HttpRequest& request) const {
  net::HttpResponse response{.status = 204};
  add_headers(request, response.headers);
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
  const std::string_view wanted = request.header("access-control-request-headers");
  if (!wanted.empty()) response.headers.emplace_back("Access-Control-Allow-Headers", wanted);
  for (auto& [name, value] : response.headers)
    if (name == "Vary") value += ", Access-Control-Request-Headers";
  if (is_any()) response.headers.emplace_back("Vary", "Access-Control-Request-Headers");
  return response;
}

}  // namespace sio::server

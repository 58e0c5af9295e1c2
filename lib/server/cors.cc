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

bool is_named_origin(const net::HttpRequest& request, const std::vector<std::string>& origins) {
  const std::string_view origin = request.header("origin");
  return std::ranges::any_of(
      origins, [origin](const std::string& each) { return each == "*" || each == origin; });
}

bool is_foreign(const net::HttpRequest& request, const std::vector<std::string>& origins) {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return false;
  const std::size_t host = origin.find("://");
  if (host != std::string_view::npos && origin.substr(host + 3) == request.header("host"))
    return false;
  return !is_named_origin(request, origins);
}

}  // namespace sio::server

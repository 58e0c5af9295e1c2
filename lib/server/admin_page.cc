#include "server/admin_page.h"

#include <fmt/format.h>

#include <string>

#include "proto/json_text.h"
#include "server/admin_authenticator.h"
#include "server/web_response.h"
#include "web/web_files.h"

namespace sio::server {
namespace {

constexpr std::string_view kFolder = "/admin/";
constexpr std::string_view kHead = "<head>";
constexpr std::string_view kOurs =
    R"(<script src="preset.js"></script>)"
    R"(<link rel="stylesheet" href="css/materialdesignicons.min.css">)";
constexpr std::string_view kForeign = "href=\"https://";
// Nothing is loaded from elsewhere, what can be clicked must not lie under somebody else's page,
// and the user may name any server.
constexpr std::string_view kSecurityPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src * ws: wss:; frame-ancestors 'self'";

// Works in every browser that the UI works in.
constexpr std::string_view kPresetScript = R"((function () {{
  try {{
    var values = {{namespace: {}, path: {}, parser: {}}};
    values.path = location.pathname.replace(/\/admin\/.*$/, "") + values.path;
    var server = localStorage.getItem("server_url");
    if (server && server !== location.origin) return;
    localStorage.setItem("server_url", location.origin);
    for (var key in values) localStorage.setItem(key, values[key]);
  }} catch (error) {{ /* no storage: the form asks */ }}
}})();
)";

net::HttpResponse fresh(std::string_view type, std::string body) {
  return {.status = 200,
          .headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "no-cache"}},
          .body = std::move(body)};
}

net::HttpResponse preset(const ServerOptions& options) {
  std::string_view path = options.path;
  path.remove_suffix(1);
  const std::string_view parser = options.parser == proto::Parser::msgpack ? "msgpack" : "default";
  return fresh("application/javascript; charset=utf-8",
               fmt::format(kPresetScript, proto::json_string(kAdminNamespace),
                           proto::json_string(path), proto::json_string(parser)));
}

// Without the tags that load something from elsewhere.
std::string without_foreign(std::string page) {
  for (std::size_t at = page.find(kForeign); at != std::string::npos; at = page.find(kForeign)) {
    const std::size_t begin = page.rfind('<', at);
    const std::size_t end = page.find('>', at);
    if (begin == std::string::npos || end == std::string::npos) break;
    page.erase(begin, end + 1 - begin);
  }
  return page;
}

net::HttpResponse index() {
  std::string page = without_foreign(web::unpacked(*web::admin_ui().find("index.html")));
  if (const std::size_t head = page.find(kHead); head != std::string::npos)
    page.insert(head + kHead.size(), kOurs);
  return fresh("text/html; charset=utf-8", std::move(page));
}

net::HttpResponse file(const net::HttpRequest& request, std::string_view name,
                       const ServerOptions& options) {
  if (name.empty() || name == "index.html") return index();
  if (name == "preset.js") return preset(options);
  for (const web::FileSet* set : {&web::admin_ui(), &web::admin_icons()})
    if (const web::File* found = set->find(name); found != nullptr)
      return web_response(*set, *found, request);
  net::HttpResponse response = fresh("text/plain; charset=utf-8", "Not Found\n");
  response.status = 404;
  return response;
}

}  // namespace

std::optional<net::HttpResponse> admin_page(const net::HttpRequest& request, std::string_view path,
                                            const ServerOptions& options) {
  const bool is_file = path.starts_with(kFolder);
  if (!is_file && path != "/" && path != "/admin") return std::nullopt;
  if (request.method() != "GET" && request.method() != "HEAD")
    return net::HttpResponse{.status = 405, .headers = {{"Allow", "GET, HEAD"}}, .body = {}};
  if (!is_file)
    return net::HttpResponse{.status = 302, .headers = {{"Location", "admin/"}}, .body = {}};
  net::HttpResponse response = file(request, path.substr(kFolder.size()), options);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Content-Security-Policy", kSecurityPolicy);
  return response;
}

}  // namespace sio::server

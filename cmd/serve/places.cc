#include "serve/places.h"

#include <fmt/format.h>

#include <utility>

namespace sio::cmd::serve {
namespace {

Status check_reach(const Options& options, const net::ListenAddress& address,
                   std::string_view text) {
  if (net::is_loopback(address) || options.asks_who()) return {};
  return fail(Errc::usage,
              fmt::format("{}: others can connect there, and nobody would be asked who they are: "
                          "add --auth-file or --auth-exec, or use 127.0.0.1 or unix:PATH",
                          text));
}

}  // namespace

Result<Places> find_places(const Options& options) {
  Places places;
  SIO_TRY(places.sockets, net::inherited_sockets());
  for (const net::InheritedSocket& socket : places.sockets)
    SIO_TRY_STATUS(check_reach(options, socket.address, "$LISTEN_FDS: " + socket.address.host));
  for (const std::string& text : options.admins) {
    SIO_TRY(net::ListenAddress address, net::parse_listen_address(text));
    SIO_TRY_STATUS(check_reach(options, address, "--admin " + text));
    places.admins.push_back(std::move(address));
  }
  if (!places.sockets.empty()) return places;
  for (const std::string& text : options.addresses) {
    SIO_TRY(net::ListenAddress address, net::parse_listen_address(text));
    SIO_TRY_STATUS(check_reach(options, address, text));
    places.addresses.push_back(std::move(address));
  }
  if (places.addresses.empty()) places.addresses.push_back({.port = 3000});
  return places;
}

}  // namespace sio::cmd::serve

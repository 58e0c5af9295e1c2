#include "base/host_name.h"

#include <algorithm>

namespace sio {
namespace {

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_address_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

}  // namespace

bool is_host_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_host_char);
}

bool is_ipv6_address(std::string_view text) {
  const std::size_t percent = text.find('%');
  const std::string_view address = text.substr(0, percent);
  const bool zone_fits =
      percent == std::string_view::npos || is_host_name(text.substr(percent + 1));
  return address.find(':') != std::string_view::npos &&
         std::ranges::all_of(address, is_address_char) && zone_fits;
}

}  // namespace sio

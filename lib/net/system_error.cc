#include "net/system_error.h"

#include <system_error>

namespace sio::net {

std::string errno_text(int number) {
  return std::generic_category().message(number);
}

}  // namespace sio::net

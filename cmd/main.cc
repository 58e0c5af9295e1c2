#include <fcntl.h>

#include "applets.h"
#include "cli/applet.h"

namespace {

// A standard descriptor that is closed would go to the next file that is opened, and be read or
// written as if it were the user's.
void occupy_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd)
    if (fcntl(fd, F_GETFD) == -1) open("/dev/null", O_RDWR);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  return sio::cli::run_applet(sio::cmd::applets(), argc, argv);
}

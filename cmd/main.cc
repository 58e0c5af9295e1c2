#include "applets.h"
#include "cli/applet.h"

int main(int argc, char** argv) {
  return sio::cli::run_applet(sio::cmd::applets(), argc, argv);
}

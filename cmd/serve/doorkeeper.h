// Commands of the user that the server asks, and who is asked whether a client may come in.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/child.h"
#include "net/loop.h"
#include "serve/options.h"
#include "server/app.h"
#include "server/auth_policy.h"
#include "server/token_authenticator.h"

namespace sio::cmd::serve {

// Starts one command, again and again.
class ChildLauncher final : public server::CommandLauncher {
 public:
  ChildLauncher(net::Loop& loop, std::string command) : loop_(loop), command_(std::move(command)) {}
  Result<std::unique_ptr<net::Child>> launch(net::ChildEvents& events) override {
    return net::Child::start(loop_, {.shell_command = command_, .environment = {}}, events);
  }

 private:
  net::Loop& loop_;
  std::string command_;
};

// What clients are asked when they want to come in. Without --auth-file and --auth-exec: nothing.
class Doorkeeper {
 public:
  // `options` outlives it.
  explicit Doorkeeper(const Options& options) : options_(options) {}

  // Errors: the file of tokens cannot be read, or makes no sense.
  Status open(net::Loop& loop);
  // Null: everybody may come in.
  server::Authenticator* authenticator() const { return authenticator_.get(); }
  // Reads the tokens again. Errors: the old ones stay.
  Status read_again();

 private:
  Result<server::TokenFile> read_tokens() const;

  const Options& options_;
  std::unique_ptr<ChildLauncher> launcher_;
  std::unique_ptr<server::Authenticator> authenticator_;
  server::TokenAuthenticator* tokens_ = nullptr;  // authenticator_, if it is one
};

}  // namespace sio::cmd::serve

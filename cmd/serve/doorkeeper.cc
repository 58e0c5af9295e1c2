#include "serve/doorkeeper.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "cli/file_text.h"
#include "server/command_authenticator.h"

namespace sio::cmd::serve {

Result<server::TokenFile> Doorkeeper::read_tokens() const {
  SIO_TRY(const std::string text, cli::read_file(options_.auth_file, server::TokenFile::kMaxBytes));
  return server::TokenFile::parse(text, options_.auth_file);
}

Status Doorkeeper::open(net::Loop& loop) {
  if (!options_.auth_exec.empty()) {
    launcher_ = std::make_unique<ChildLauncher>(loop, options_.auth_exec);
    authenticator_ = std::make_unique<server::CommandAuthenticator>(loop, *launcher_);
  } else if (!options_.auth_file.empty()) {
    auto tokens = read_tokens();
    if (!tokens) return fail_in("--auth-file", tokens.error());
    if (tokens->size() == 0) log(LogLevel::warning, "--auth-file: no token, so nobody comes in");
    auto owned = std::make_unique<server::TokenAuthenticator>(std::move(*tokens));
    tokens_ = owned.get();
    authenticator_ = std::move(owned);
  }
  return {};
}

Status Doorkeeper::read_again() {
  if (tokens_ == nullptr) return {};
  SIO_TRY(server::TokenFile tokens, read_tokens());
  log(LogLevel::info, fmt::format("--auth-file: {} tokens", tokens.size()));
  tokens_->set_tokens(std::move(tokens));
  return {};
}

}  // namespace sio::cmd::serve

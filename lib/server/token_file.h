// The tokens that `serve --auth-file F` admits, and what they are good for.
//
//   file := line*
//   line := blank | '#' comment | token [ns-glob [room-glob [mode]]]
//   mode := "rw" | "r" | "w"
//
// Words are separated by spaces or tabs; what is left out is `*` and `rw`. A token that stands in
// several lines has what each of them grants.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "server/access.h"

namespace sio::server {

class TokenFile {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
  static constexpr std::size_t kMaxTokens = 10'000;
  static constexpr std::size_t kMaxGrants = 256;  // of one token
  static constexpr std::size_t kMaxWord = 4096;

  // `name` is for messages. Errc::usage: "F:3: what is wrong".
  static Result<TokenFile> parse(std::string_view text, const std::string& name);

  // The grants of a token, or of the one with this fingerprint; empty: it is unknown. Takes the
  // same time for every token.
  std::span<const Grant> grants_of(std::string_view token) const {
    return grants_of(digest_of(token));
  }
  std::span<const Grant> grants_of(const Digest& digest) const;
  std::size_t size() const { return tokens_.size(); }

 private:
  struct Token {
    Digest digest;
    std::vector<Grant> grants;
  };
  using Index = std::map<Digest, std::size_t>;
  Status add(std::span<const std::string_view> words, Index& index);

  std::vector<Token> tokens_;
};

// The value of `mode`. Nothing: it is none.
std::optional<std::pair<bool, bool>> parse_access_mode(std::string_view text);

}  // namespace sio::server

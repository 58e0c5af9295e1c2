#include "server/token_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/utf8.h"

namespace sio::server {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return words;
    const std::size_t end = std::min(line.find_first_of(kSpace, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

}  // namespace

std::optional<std::pair<bool, bool>> parse_access_mode(std::string_view text) {
  if (text == "rw") return std::pair(true, true);
  if (text == "r") return std::pair(true, false);
  if (text == "w") return std::pair(false, true);
  return std::nullopt;
}

Result<TokenFile> TokenFile::parse(std::string_view text, const std::string& name) {
  TokenFile file;
  Index index;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::vector<std::string_view> words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty() || words.front().starts_with('#')) continue;
    if (const Status status = file.add(words, index); !status)
      return fail(Errc::usage, fmt::format("{}:{}: {}", name, number, status.error().message));
  }
  return file;
}

Status TokenFile::add(std::span<const std::string_view> words, Index& index) {
  if (words.size() > 4)
    return fail(Errc::usage, "expected at most TOKEN NAMESPACES ROOMS MODE, and this is more");
  for (const std::string_view word : words) {
    if (word.size() > kMaxWord)
      return fail(Errc::usage, fmt::format("a word of more than {} bytes", kMaxWord));
    if (find_bad_utf8(word) != std::string_view::npos || word.find('\0') != std::string_view::npos)
      return fail(Errc::usage, "a word that is not text");
  }
  Grant grant;
  if (words.size() > 1) grant.ns = words[1];
  if (grant.ns != "*" && !grant.ns.starts_with('/') && !grant.ns.starts_with('*'))
    return fail(Errc::usage, fmt::format("namespaces {}: they begin with / (or *)", grant.ns));
  if (words.size() > 2) grant.rooms = words[2];
  if (words.size() > 3) {
    const auto mode = parse_access_mode(words[3]);
    if (!mode) return fail(Errc::usage, fmt::format("mode {}: expected rw, r or w", words[3]));
    std::tie(grant.read, grant.write) = *mode;
  }
  const auto [place, is_new] = index.try_emplace(digest_of(words[0]), tokens_.size());
  if (is_new && tokens_.size() == kMaxTokens)
    return fail(Errc::usage, fmt::format("more than {} tokens", kMaxTokens));
  if (is_new) tokens_.push_back({place->first, {}});
  std::vector<Grant>& grants = tokens_[place->second].grants;
  if (grants.size() == kMaxGrants)
    return fail(Errc::usage, fmt::format("more than {} lines for one token", kMaxGrants));
  grants.push_back(std::move(grant));
  return {};
}

std::span<const Grant> TokenFile::grants_of(const Digest& digest) const {
  std::span<const Grant> found;
  for (const Token& token : tokens_)
    if (equal_in_constant_time(token.digest, digest)) found = token.grants;
  return found;
}

}  // namespace sio::server

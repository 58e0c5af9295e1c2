// Globs: a pattern and, behind the first newline, a name.
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string_view pattern = text.substr(0, end);
  const std::string_view name = text.substr(end + 1);
  const bool matches = sio::proto::glob_match(pattern, name);
  if (pattern.find_first_of("*?[\\") == std::string_view::npos)
    SIO_CHECK(matches == (pattern == name));
  if (matches) SIO_CHECK(sio::proto::glob_match("*" + std::string(pattern), name));
  std::string quoted;
  for (const char c : name) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') quoted += '\\';
    quoted += c;
  }
  SIO_CHECK(sio::proto::glob_match(quoted, name));
  return 0;
}

// The config file: what was read can be written and read again.
#include <string>

#include "base/check.h"
#include "cli/config_file.h"
#include "fuzz/fuzz_target.h"

namespace {

std::string text_of(const sio::cli::ConfigFile& file) {
  std::string text;
  for (const auto& line : file.common) text += line.option + " " + line.value + "\n";
  for (const auto& profile : file.profiles) {
    text += "[" + profile.name + "]\n";
    for (const auto& line : profile.lines) text += line.option + " " + line.value + "\n";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = sio::cli::parse_config(sio::test::text_of(data, size), "f");
  if (!file) return 0;
  const std::string text = text_of(*file);
  const auto again = sio::cli::parse_config(text, "f");
  SIO_CHECK(again.has_value());
  SIO_CHECK(text_of(*again) == text);
  return 0;
}

// Runs a fuzz target, named first, over every file of the directories named after it, for builds
// without libFuzzer.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/replay.h"

namespace {

// Each input gets memory of its own size, so that a sanitizer sees a read behind its end.
void replay(FuzzTarget* run, const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)),
                                std::istreambuf_iterator<char>());
  std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  input.shrink_to_fit();
  run(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  const auto targets = sio::test::fuzz_targets();
  const std::string_view name = argc > 1 ? argv[1] : "";
  const auto target = std::ranges::find(targets, name, &sio::test::NamedFuzzTarget::name);
  if (target == targets.end()) {
    std::fprintf(stderr, "no such fuzz target: %s\n", argc > 1 ? argv[1] : "");
    return 1;
  }
  int inputs = 0;
  for (int i = 2; i < argc; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout);
      replay(target->run, entry.path());
      ++inputs;
    }
  if (inputs == 0) std::fprintf(stderr, "no inputs to replay\n");
  return inputs > 0 ? 0 : 1;
}

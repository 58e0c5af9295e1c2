// Bytes of a terminal: the keys are the same however the bytes are cut, and no control character
// that the editor has for itself gets through.
#include <string>

#include "base/check.h"
#include "cli/key_reader.h"
#include "fuzz/fuzz_target.h"

namespace {

void take(sio::cli::KeyReader& reader, std::wstring& keys) {
  while (const auto key = reader.next()) {
    SIO_CHECK(!key->empty() && (*key)[0] != 0x1c);
    keys += *key;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  std::wstring whole;
  std::wstring pieces;
  sio::cli::KeyReader at_once;
  at_once.feed(text);
  take(at_once, whole);
  sio::cli::KeyReader one_by_one;
  for (const char c : text) {
    one_by_one.feed({&c, 1});
    take(one_by_one, pieces);
  }
  SIO_CHECK(whole == pieces);
  return 0;
}

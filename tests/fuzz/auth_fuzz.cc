// What says who may come in: a file of tokens, and the answer of a command.
#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/json_text.h"
#include "server/auth_answer.h"
#include "server/token_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sio;
  const std::string_view text = test::text_of(data, size);
  if (const auto file = server::TokenFile::parse(text, "tokens")) {
    SIO_CHECK(file->grants_of("").empty() && file->grants_of("# no token").empty());
  } else {
    SIO_CHECK(file.error().message.starts_with("tokens:"));
  }
  if (const auto grants = server::parse_granted(text)) {
    for (const server::Grant& grant : *grants) SIO_CHECK(grant.read || grant.write);
    static_cast<void>(server::Access::in("/", *grants));
  }
  const server::AuthRefusal refusal = server::parse_refused(text);
  SIO_CHECK(!refusal.data.empty() ? proto::check_json(refusal.data).has_value() : true);
  return 0;
}

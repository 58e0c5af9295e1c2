// What servers, and others in their place, answer instead of a session: every answer is read, and
// whatever it is, there is a bounded message.
#include <string>

#include "base/check.h"
#include "client/diagnosis.h"
#include "fuzz/fuzz_target.h"
#include "proto/json_text.h"

namespace {

using namespace sio;
using namespace sio::client;

constexpr int kStatuses[] = {0, 101, 200, 301, 400, 403, 404, 426, 502};

void check_answer(std::string_view text) {
  const LinkTarget target{.name = "h:1"};
  for (const int status : kStatuses)
    for (const std::string_view transport : {"websocket", "polling"}) {
      const Diagnosis got = diagnose(target, transport,
                                     {.stage = net::ConnectStage::http,
                                      .http_status = status,
                                      .http_body = std::string(text),
                                      .location = std::string(text)});
      SIO_CHECK(got.cause.ending != Ending::done);
      SIO_CHECK(got.layer >= Layer::http && !name_of(got.layer).empty());
      SIO_CHECK(got.cause.message.size() <= text.size() + 1000);
      SIO_CHECK(got.cause.hint.size() <= 1000);
    }
}

void check_connect_error(std::string_view text) {
  if (!proto::check_json(text)) return;
  const ConnectError error = parse_connect_error(text);
  SIO_CHECK(error.data.empty() || proto::check_json(error.data));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  check_answer(text);
  check_connect_error(text);
  return 0;
}

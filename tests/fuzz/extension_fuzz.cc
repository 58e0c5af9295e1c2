// What sio says on top of Socket.IO: hello, welcome, metadata, requests, refusals, record ids.
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/json_text.h"
#include "proto/sio_extension.h"

namespace {

using namespace sio::proto;

void check_hello(std::string_view object) {
  const auto hello = parse_hello(object);
  if (!hello || !*hello) return;
  const std::string auth = auth_with_hello(object, **hello);
  SIO_CHECK(check_json(auth) == JsonKind::object);
  const auto again = parse_hello(auth);
  SIO_CHECK(again && *again && (*again)->rooms == (*hello)->rooms &&
            (*again)->events == (*hello)->events && (*again)->respond == (*hello)->respond &&
            (*again)->since == (*hello)->since && (*again)->meta == (*hello)->meta);
}

void check_meta(std::string_view json) {
  const auto meta = parse_meta(json);
  if (!meta) return;
  std::string out;
  append_meta(out, *meta);
  const auto again = parse_meta(out);
  SIO_CHECK(again && again->id == meta->id && again->time_ms == meta->time_ms &&
            again->rooms == meta->rooms && again->from == meta->from &&
            again->replay == meta->replay);
}

void check_request(std::string_view args) {
  const auto request = parse_emit_request(args);
  if (!request) return;
  const auto again = parse_emit_request(encode_emit_request(*request));
  SIO_CHECK(again && again->event == request->event && again->args == request->args &&
            again->rooms == request->rooms && again->except == request->except &&
            again->key == request->key && again->is_volatile == request->is_volatile);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  if (const auto id = parse_record_id(text))
    SIO_CHECK(id->store.empty() ||
              parse_record_id(format_record_id(id->store, id->seq))->seq == id->seq);
  const auto kind = check_json(text);
  if (!kind) return 0;
  check_meta(text);
  check_request(text);
  parse_refusal(text);
  parse_receipt(text);
  if (kind != JsonKind::object) return 0;
  check_hello(text);
  if (const auto welcome = parse_welcome(text))
    SIO_CHECK(parse_welcome("{\"sio\":" + encode_welcome(*welcome) + "}"));
  return 0;
}

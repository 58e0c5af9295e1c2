// Requests at the HTTP door: a line that is the target, a line that is a Last-Event-ID or a content
// type, and the body.
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "server/door_request.h"
#include "server/http_emit.h"
#include "server/static_files.h"
#include "server/web_response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sio;
  const std::string_view text = test::text_of(data, size);
  const std::size_t first = text.find('\n');
  if (first == std::string_view::npos) return 0;
  const std::size_t second = text.find('\n', first + 1);
  if (second == std::string_view::npos) return 0;
  const std::string target(text.substr(0, first));
  const std::string_view header = text.substr(first + 1, second - first - 1);

  if (const auto query = server::parse_events_target(target, header, 1'000'000'000'000))
    SIO_CHECK(!query->hello.since || proto::parse_position(*query->hello.since));
  if (const auto path = server::static_path(server::path_of(target)))
    SIO_CHECK(("/" + *path).find("/.") == std::string::npos && !path->starts_with('/'));
  SIO_CHECK(server::takes_gzip(std::string(header) + ",gzip;q=1"));
  const auto query = server::parse_emit_target(std::string(server::kEmitPath) + "/" + target);
  if (!query) return 0;
  const auto events = server::parse_posted(*query, header, std::string(text.substr(second + 1)));
  if (!events) return 0;
  for (const server::PostedEvent& event : *events) {
    SIO_CHECK(proto::check_json("[" + event.items + "]") == proto::JsonKind::array);
    SIO_CHECK(event.args_size < event.items.size() && !event.event.empty());
    SIO_CHECK(event.attachments.size() <= proto::kMaxAttachments);
  }
  return 0;
}

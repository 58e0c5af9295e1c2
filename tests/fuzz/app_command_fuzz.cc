// A line that an application behind `serve --app` wrote.
#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "server/app_command.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sio;
  const auto command = server::parse_app_command(test::text_of(data, size));
  if (!command) {
    SIO_CHECK(!command.error().message.empty());
    return 0;
  }
  if (!command->args.empty()) SIO_CHECK(proto::check_json("[0," + command->args + "]"));
  SIO_CHECK(command->attachments.size() <= proto::kMaxAttachments);
  SIO_CHECK(command->data.empty() || proto::check_json(command->data));
  using Type = server::AppCommand::Type;
  if (command->type == Type::event) SIO_CHECK(!command->event.empty());
  return 0;
}

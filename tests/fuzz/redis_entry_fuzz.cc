// What stands in Redis where a queue should be: the input is answers of Redis as they come over the
// wire, and each string in them is taken for everything else that is read there.
#include <hiredis/hiredis.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "base/redis_replies.h"
#include "fuzz/fuzz_target.h"
#include "store/record.h"
#include "store/redis_archive.h"
#include "store/redis_journal.h"
#include "store/redis_lease.h"
#include "store/redis_meta.h"
#include "store/stretches.h"

namespace {

using namespace sio::store;

void read_text(std::string_view text) {
  static_cast<void>(parse_info(text));
  static_cast<void>(is_at_least(text, 6, 2));
  if (const auto id = parse_stream_id(text)) SIO_CHECK(parse_stream_id(to_string(*id)) == id);
  if (const auto stretch = decode_stretch("1", text)) {
    const auto again = decode_stretch("1", encode_stretch(*stretch));
    SIO_CHECK(again && again->bytes == stretch->bytes && again->next == stretch->next);
  }
  if (const auto holder = decode_holder(text))
    SIO_CHECK(decode_holder(encode_holder(*holder)).has_value());
  JournalElement element;
  if (read_element(text, element)) SIO_CHECK(element.bytes.size() + 1 == text.size());
}

void read_entries(const redisReply& reply) {
  EntryReader entries(reply);
  EntryDecoder decoder;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    SIO_CHECK(entries.bytes(i) > 0);
    const Entry* const entry = entries.at(i, decoder);
    if (entry == nullptr || entry->kind != Entry::Kind::record) continue;
    SIO_CHECK(entry->record.seq == entry->id.seq && entry->id.part == 0);
    std::string command;
    append_xadd(command, RedisKeys("q"), entry->record);
    SIO_CHECK(command.size() > entry->record.body.size());
  }
}

void read_all(const redisReply& reply) {
  if (reply.str != nullptr) read_text(text_of(reply));
  if (reply.type != REDIS_REPLY_ARRAY) return;
  read_entries(reply);
  for (std::size_t i = 0; i < reply.elements; ++i) read_all(*reply.element[i]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader(redisReaderCreate(),
                                                                        &redisReaderFree);
  sio::bound_arrays(*reader);
  SIO_CHECK(redisReaderFeed(reader.get(), reinterpret_cast<const char*>(data), size) == REDIS_OK);
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader.get(), &reply) != REDIS_OK || reply == nullptr) return 0;
    const RedisReply owned(static_cast<redisReply*>(reply));
    read_all(*owned);
  }
}

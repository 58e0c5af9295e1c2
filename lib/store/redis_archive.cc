#include "store/redis_archive.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace sio::store {
namespace {

// Entries that are asked for at a time: few at first, for a reader that wants few, then more as
// long as an answer stays small.
constexpr std::size_t kFirstCount = 64;
constexpr std::size_t kLastCount = 2048;
constexpr std::size_t kCountGrowth = 4;
constexpr std::size_t kSmallPage = 512u << 10;
constexpr std::size_t kPageMemory = 8u << 20;
constexpr std::size_t kReplyOverhead = 64;

}  // namespace

std::size_t EntryReader::size() const {
  return reply_.type == REDIS_REPLY_ARRAY ? reply_.elements : 0;
}

const Entry* EntryReader::at(std::size_t position, EntryDecoder& decoder) {
  const redisReply& entry = *reply_.element[position];
  if (entry.type != REDIS_REPLY_ARRAY || entry.elements != 2) return nullptr;
  fields_.clear();
  const redisReply& fields = *entry.element[1];
  for (std::size_t i = 0; fields.type == REDIS_REPLY_ARRAY && i < fields.elements; ++i)
    fields_.push_back(text_of(*fields.element[i]));
  return decoder.decode(text_of(*entry.element[0]), fields_);
}

std::size_t EntryReader::bytes(std::size_t position) const {
  const redisReply& entry = *reply_.element[position];
  std::size_t bytes = kReplyOverhead;
  if (entry.type != REDIS_REPLY_ARRAY || entry.elements != 2) return bytes;
  const redisReply& fields = *entry.element[1];
  for (std::size_t i = 0; fields.type == REDIS_REPLY_ARRAY && i < fields.elements; ++i)
    bytes += kReplyOverhead + fields.element[i]->len;
  return bytes;
}

void RedisArchive::set_connection(std::unique_ptr<RedisConnection> connection) {
  connection_ = std::move(connection);
}

void RedisArchive::forget_pages() {
  pages_.clear();
  page_bytes_ = 0;
}

Status RedisArchive::read(Reading& reading, Seq until, std::size_t limit) {
  const TimePoint enough = SystemClock().now() + kRedisReadBudget;
  std::size_t count = std::clamp<std::size_t>(limit, 1, kFirstCount);
  while (!reading.done() && reading.next() < until) {
    SIO_TRY(const Page* const page, page_at(reading.next(), until, count));
    show(*page, reading);
    if (page->bytes < kSmallPage) count = std::min(count * kCountGrowth, kLastCount);
    if (SystemClock().now() >= enough) return {};
  }
  return {};
}

Result<const RedisArchive::Page*> RedisArchive::page_at(Seq from, Seq until, std::size_t count) {
  const auto known = std::ranges::find_if(
      pages_, [from](const Page& page) { return page.from <= from && from < page.until; });
  if (known != pages_.end()) {
    pages_.splice(pages_.begin(), pages_, known);
    return &pages_.front();
  }
  SIO_TRY(Page page, fetch(from, until, count));
  page_bytes_ += page.bytes;
  pages_.push_front(std::move(page));
  while (pages_.size() > 1 && page_bytes_ > kPageMemory) {
    page_bytes_ -= pages_.back().bytes;
    pages_.pop_back();
  }
  return &pages_.front();
}

Result<RedisArchive::Page> RedisArchive::fetch(Seq from, Seq until, std::size_t count) {
  if (connection_ == nullptr) return fail(Errc::unavailable, "Redis cannot be reached");
  auto reply = connection_->call({"XRANGE", keys_.events, fmt::to_string(from),
                                  fmt::to_string(until - 1), "COUNT", fmt::to_string(count)},
                                 kRedisReadTime);
  if (!reply) {
    connection_.reset();
    return fail(Errc::unavailable, reply.error().message);
  }
  Page page{.from = from, .until = until, .bytes = 0, .reply = std::move(*reply)};
  EntryReader entries(*page.reply);
  for (std::size_t i = 0; i < entries.size(); ++i) page.bytes += entries.bytes(i);
  if (entries.size() == count) {
    const Entry* const last = entries.at(count - 1, decoder_);
    if (last == nullptr || last->id.seq < from)
      return fail(Errc::unavailable, fmt::format("{}: entries without order", keys_.events));
    page.until = last->id.seq + 1;
  }
  return page;
}

void RedisArchive::show(const Page& page, Reading& reading) {
  EntryReader entries(*page.reply);
  std::size_t low = 0;
  std::size_t high = entries.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const Entry* const entry = entries.at(middle, decoder_);
    if (entry != nullptr && entry->id.seq < reading.next())
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < entries.size() && !reading.done(); ++low)
    if (const Entry* const entry = entries.at(low, decoder_)) show(*entry, reading);
  if (!reading.done()) reading.pass_to(page.until);
}

// What is no record, and stands where one should, is one that was damaged.
void RedisArchive::show(const Entry& entry, Reading& reading) const {
  if (entry.kind == Entry::Kind::record) return reading.show(entry.record);
  if (entry.kind == Entry::Kind::loss) {
    reading.pass_to(entry.lost_first);
    reading.lose_to(entry.id.seq + 1);
  } else if (entry.id.part == 0) {
    reading.pass_to(entry.id.seq);
    reading.lose_to(entry.id.seq + 1);
  }
}

}  // namespace sio::store

// A journal in a Redis list, KEY:NAME: the snapshot first, then what each flush() wrote.
//
// flush() does not wait: is_written() comes true when Redis has it. When that fails, or Redis was
// away, the whole is written again as a snapshot. Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/journal.h"
#include "store/redis_connection.h"

namespace sio::store {

class RedisStore;

class RedisJournal final : public Journal {
 public:
  // The store outlives it.
  RedisJournal(RedisStore& store, std::string_view name);
  ~RedisJournal() override;
  RedisJournal(const RedisJournal&) = delete;
  RedisJournal& operator=(const RedisJournal&) = delete;

  // Errors: Errc::unavailable; Errc::protocol if it holds something else.
  Status load(RedisConnection& connection, JournalReader& reader);

  Status flush() override;
  bool is_written() const override { return in_flight_ == 0 && !failed_; }
  bool has_failed() const override { return failed_; }
  Status sync() override;
  // What Redis has is as safe as it can be.
  void sync_later() override {}
  bool wants_snapshot() const override;
  Status write_snapshot(std::string_view snapshot) override;

  // What Redis has may not be what was written.
  void doubt() { failed_ = true; }

 private:
  Status refuse_if_away();
  void write(std::string_view script, std::string bytes);

  RedisStore& store_;
  std::string name_;
  std::string key_;
  std::uint64_t bytes_ = 0;
  std::uint64_t snapshot_bytes_ = 0;
  std::size_t in_flight_ = 0;
  bool failed_ = false;
  std::string failure_;
  std::chrono::steady_clock::time_point retry_at_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come late
};

// The element of such a list. Nothing if it is none.
struct JournalElement {
  bool is_snapshot;
  std::string_view bytes;
};
bool read_element(std::string_view text, JournalElement& element);

}  // namespace sio::store

// What a store knows of its records without having them: stretches of a bounded size, each with how
// many bytes it holds and how new they are. Old records are dropped by whole stretches. Pure.
//
// Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "store/retention.h"
#include "store/store.h"

namespace sio::store {

struct Stretch {
  Seq first = 1;
  Seq next = 1;  // behind the last record
  std::uint64_t bytes = 0;
  std::int64_t oldest_ms = 0;  // when it was begun
  std::int64_t newest_ms = 0;
};

class Stretches {
 public:
  explicit Stretches(const RetentionLimits& limits);

  // A record behind all others. Returns the stretch that it finished, if it did.
  std::optional<Stretch> add(Seq seq, std::uint64_t bytes, std::int64_t time_ms);
  // A whole stretch behind all others.
  void add(const Stretch& stretch);
  // Forgets the records from `seq` on, and those before `first`.
  void cut(Seq seq);
  void drop_before(Seq first);

  // How many of the oldest stretches must go, for size or for age; never the newest, nor what
  // reaches `durable` or beyond.
  std::size_t too_old(std::int64_t now_ms, Seq keep_from, Seq durable) const;
  // How many of the oldest hold only records before `seq`; never the newest, as above.
  std::size_t whole_before(Seq seq, Seq durable) const;
  void drop_oldest();

  // The stretch where the first record at or after `time_ms` is, if there is any.
  const Stretch* find_time(std::int64_t time_ms) const;
  const std::deque<Stretch>& all() const { return all_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  bool is_full(const Stretch& stretch, std::uint64_t bytes, std::int64_t time_ms) const;
  bool may_drop(std::size_t count, Seq durable) const;

  RetentionLimits limits_;
  std::uint64_t stretch_bytes_;
  std::deque<Stretch> all_;
  std::uint64_t bytes_ = 0;
};

// A stretch as a field of the index: its name is `first`, its value the rest.
std::string encode_stretch(const Stretch& stretch);
std::optional<Stretch> decode_stretch(std::string_view first, std::string_view value);

}  // namespace sio::store

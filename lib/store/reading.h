// One call of Store::read() on its way through the places where records lie.
#pragma once

#include <cstddef>
#include <string_view>

#include "store/record.h"
#include "store/store.h"

namespace sio::store {

class Reading {
 public:
  // All by reference; they outlive the reading.
  Reading(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor)
      : next_(from),
        left_(limit),
        skips_left_(filter.max_skipped),
        filter_(filter),
        visitor_(visitor),
        done_(limit == 0) {}

  // The visitor has had enough, or a limit is reached.
  bool done() const { return done_; }
  // Where to go on: behind the last record that was shown or left out.
  Seq next() const { return next_; }
  const Filter& filter() const { return filter_; }

  // One record, whose check is known to be right. Not when done().
  void show(std::string_view bytes) {
    const Record* const record = decoder_.decode(bytes);
    if (record != nullptr) show(*record);
  }

  // One record. Not when done().
  void show(const Record& record) {
    if (passes(filter_, record)) {
      if (!visitor_.on_record(record)) {
        done_ = true;
        return;
      }
      done_ = --left_ == 0;
    } else {
      done_ = --skips_left_ == 0;
    }
    next_ = record.seq + 1;
  }

  // Nothing was ever promised between here and `seq`.
  void pass_to(Seq seq) {
    if (seq > next_) next_ = seq;
  }

  // What lay between here and `seq` is lost.
  void lose_to(Seq seq) {
    if (seq <= next_) return;
    visitor_.on_gap(next_, seq);
    next_ = seq;
  }

 private:
  Seq next_;
  std::size_t left_;
  std::size_t skips_left_;
  const Filter& filter_;
  Visitor& visitor_;
  bool done_;
  RecordDecoder decoder_;
};

}  // namespace sio::store

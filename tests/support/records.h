// Records for tests of stores: short to write, and readable back as plain values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace sio::test {

// A record that owns what it says.
struct TestRecord {
  std::string body;
  std::string event = "event";
  std::string ns = "/";
  std::vector<std::string> rooms = {};
  std::string key = {};
  std::int64_t time_ms = 1'000;

  bool operator==(const TestRecord&) const = default;
};

inline void PrintTo(const TestRecord& record, std::ostream* out) {
  *out << '"' << record.body << "\" " << record.event << " in " << record.ns << " key "
       << record.key << " at " << record.time_ms;
  for (const std::string& room : record.rooms) *out << " room " << room;
}

inline Result<store::Seq> append(store::Store& store, const std::vector<TestRecord>& records) {
  std::vector<std::vector<std::string_view>> rooms;
  for (const TestRecord& record : records) {
    rooms.emplace_back(record.rooms.begin(), record.rooms.end());
  }
  std::vector<store::NewRecord> batch;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const TestRecord& record = records[i];
    const std::string_view body = record.body;
    batch.push_back({.time_ms = record.time_ms,
                     .ns = record.ns,
                     .event = record.event,
                     .rooms = rooms[i],
                     .key = record.key,
                     .body_head = body.substr(0, body.size() / 2),
                     .body_tail = body.substr(body.size() / 2)});
  }
  return store.append(batch);
}

// One record with this body for each argument.
inline Result<store::Seq> append_bodies(store::Store& store,
                                        const std::vector<std::string>& bodies) {
  std::vector<TestRecord> records;
  for (const std::string& body : bodies) records.push_back({.body = body});
  return append(store, records);
}

// Remembers what it is shown.
class Collector final : public store::Visitor {
 public:
  bool on_record(const store::Record& record) override {
    if (records.size() == stop_after) return false;
    seqs.push_back(record.seq);
    records.push_back({.body = std::string(record.body),
                       .event = std::string(record.event),
                       .ns = std::string(record.ns),
                       .rooms = {record.rooms.begin(), record.rooms.end()},
                       .key = std::string(record.key),
                       .time_ms = record.time_ms});
    return true;
  }
  void on_gap(store::Seq first, store::Seq next) override { gaps.emplace_back(first, next); }

  std::vector<std::string> bodies() const {
    std::vector<std::string> result;
    for (const TestRecord& record : records) result.push_back(record.body);
    return result;
  }

  std::vector<store::Seq> seqs;
  std::vector<TestRecord> records;
  std::vector<std::pair<store::Seq, store::Seq>> gaps;
  std::size_t stop_after = static_cast<std::size_t>(-1);
};

inline constexpr store::Filter kEverything{.all_rooms = true};
inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

inline Collector read_all(store::Store& store, store::Seq from = 1,
                          const store::Filter& filter = kEverything) {
  Collector collector;
  while (true) {
    const Result<store::Seq> next = store.read(from, filter, kNoLimit, collector);
    if (!next) collector.records.push_back({.body = "read: " + next.error().message});
    if (!next || *next >= store.bounds().next || *next <= from) return collector;
    from = *next;
  }
}

inline std::vector<std::string> bodies_of(store::Store& store, store::Seq from = 1,
                                          const store::Filter& filter = kEverything) {
  return read_all(store, from, filter).bodies();
}

}  // namespace sio::test

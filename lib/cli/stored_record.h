// A record of a store -> a record as people see it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/record_json.h"
#include "store/store.h"

namespace sio::cli {

class StoredRecordReader {
 public:
  // `store`: its name, for ids.
  explicit StoredRecordReader(std::string_view store) : store_(store) {}

  // Valid until the next call, and as long as the record. Errc::protocol: its body is not an event
  // that this version knows.
  Result<EventRecord> read(const store::Record& record);

 private:
  std::string store_;
  std::string event_json_;
  std::string args_;
  std::string id_;
  std::string from_;
  std::string group_;
  std::vector<std::string> rooms_;
  std::vector<std::string> dead_rooms_;
};

}  // namespace sio::cli

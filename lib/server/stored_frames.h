// Builds the frames of records as they come from the store: for readers that are behind, and for
// members of groups.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame.h"
#include "proto/stored_event.h"
#include "server/reader_kind.h"
#include "store/store.h"

namespace sio::server {

// How a record is shown to somebody.
struct StoredForm {
  const ReaderKind& kind;
  std::string_view infix;  // of its namespace
  std::optional<std::uint64_t> ack_id = {};
  bool replay = false;
  std::string_view group = {};
  unsigned delivery = 0;
};

// Loop thread only.
class StoredFrames {
 public:
  // `store_name` is copied.
  StoredFrames(net::FrameArena& frames, std::string_view store_name)
      : frames_(frames), store_name_(store_name) {}

  // Appends to `out`; returns how many bytes.
  std::size_t build(const store::Record& record, const proto::StoredEvent& event,
                    const StoredForm& form, std::vector<net::Frame>& out);

 private:
  std::string_view name_literal(std::string_view name, bool numeric);
  std::string_view tail(const store::Record& record, const proto::StoredEvent& event,
                        const StoredForm& form);

  net::FrameArena& frames_;
  std::string store_name_;
  std::string last_name_;  // records of a stretch mostly have the same name
  std::string last_literal_;
  std::string head_;
  std::string tail_;
};

}  // namespace sio::server

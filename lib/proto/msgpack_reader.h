// MessagePack as JSON text, value by value: what msgpack_codec reads with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::proto {

// Reads MessagePack, writes JSON; msgpack_codec.h says what becomes of what JSON does not have.
// After an error it is at the end, and error() says why. Recurses at most kMaxJsonDepth deep.
class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes) : bytes_(bytes) {}

  enum class Got { nothing, undefined, value };  // nothing: there was an error
  // Appends one value to `out`; binary goes to attachments, a placeholder to `out`.
  Got value(std::string& out);
  // The number of members of the map that must follow.
  std::optional<std::size_t> begin_map();
  bool at_end() const { return at_ == bytes_.size(); }
  bool failed() const { return !error_.empty(); }
  Error error() const { return {Errc::protocol, error_}; }
  // An error of the caller's at this place, unless there was one before.
  Got refuse(std::string_view problem);

  std::vector<std::string> attachments;
  bool has_placeholder_lookalike = false;  // an object that has "_placeholder":true itself

 private:
  std::uint64_t number(std::size_t size);
  std::string_view take(std::uint64_t size);

  Got coded(unsigned code, std::string& out);
  Got text(std::uint64_t size, std::string& out);
  Got array(std::uint64_t count, std::string& out);
  Got map(std::uint64_t count, std::string& out);
  bool member(std::string& out);
  bool key(std::string& out);
  Got binary(std::string_view bytes, std::string& out);
  Got buffer(std::size_t size_of_length, std::string& out);
  Got extension(std::size_t size, std::string& out);
  Got timestamp(std::uint64_t size, std::string& out);
  Got signed_number(std::size_t size, std::string& out);

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::string error_;
};

}  // namespace sio::proto

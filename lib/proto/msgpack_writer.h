// JSON text as MessagePack, value by value: what msgpack_codec writes with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/json_scanner.h"

namespace sio::proto {

// Appends MessagePack to a string.
class MsgpackWriter {
 public:
  // Both outlive it.
  MsgpackWriter(std::string& out, std::span<const std::string> attachments)
      : out_(out), attachments_(attachments) {}

  // The checked JSON value that `in` is at. An object that is a placeholder of one of the
  // attachments becomes that.
  void value(JsonScanner& in);
  void text(std::string_view utf8);
  void unsigned_number(std::uint64_t value);
  // `count` values, or pairs of them, must follow.
  void array_header(std::size_t count);
  void map_header(std::size_t count);

 private:
  void array(JsonScanner& in);
  void object(JsonScanner& in);
  void number(std::string_view text);
  void negative(std::int64_t value);
  void literal(std::string_view text);
  void binary(std::string_view bytes);
  std::optional<std::string_view> attachment(std::string_view num) const;
  void close_container(std::size_t start, std::size_t count, unsigned few, unsigned many);
  void coded(unsigned code, std::uint64_t value, std::size_t size);
  void sized(unsigned first_code, std::uint64_t size);

  std::string& out_;
  std::span<const std::string> attachments_;
  std::string scratch_;
};

}  // namespace sio::proto

// Files of records made of fuzzed bytes, some of which have a check that is right: else no input
// would get past it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/coding.h"
#include "store/record.h"
#include "store/segment.h"

namespace sio::test {

inline constexpr std::uint64_t kFuzzSeed = 42;

// `bytes` with the length and check of a record of that size.
inline std::string sealed(std::string bytes) {
  bytes.resize(std::max(bytes.size(), store::kMinRecordSize));
  put_fixed(bytes.data() + 8, static_cast<std::uint32_t>(bytes.size()));
  store::RecordSeal(kFuzzSeed).seal(bytes.data());
  return bytes;
}

// A segment behind its header. The input is a sequence of pieces, kind:u8 size:u8 bytes: a piece of
// an even kind is put in as it is, one of an odd kind as a sealed record, of which the kind's next
// six bits are the number.
inline std::string segment_of(std::string_view input) {
  std::string out =
      store::encode_segment_header({.seed = kFuzzSeed, .base = 1, .previous_next = 1});
  ByteReader in(input);
  while (in.left() > 0) {
    const auto kind = in.fixed<std::uint8_t>();
    const auto size = in.fixed<std::uint8_t>();
    std::string bytes(in.bytes(std::min<std::size_t>(size, in.left())));
    if (kind % 2 == 0) {
      out += bytes;
      continue;
    }
    bytes.resize(std::max(bytes.size(), store::kMinRecordSize));
    put_fixed(bytes.data() + 16, std::uint64_t{kind} / 2 % 64);
    out += sealed(std::move(bytes));
  }
  return out;
}

// A journal: records of changes, each as long as its first byte says, behind an empty snapshot.
inline std::string journal_of(std::string_view input) {
  std::string out = store::encode_segment_header({.seed = kFuzzSeed});
  const store::RecordSeal seal(kFuzzSeed);
  store::Seq seq = 1;
  const auto add = [&](std::string_view event, std::string_view body) {
    const store::NewRecord record{.event = event, .body_head = body};
    std::string bytes(store::record_size(record), '\0');
    store::write_record(bytes.data(), seq++, 0, record);
    seal.seal(bytes.data());
    out += bytes;
  };
  add("snapshot", "");
  ByteReader in(input);
  while (in.left() > 0) {
    const auto length = in.fixed<std::uint8_t>();
    add("changes", in.bytes(std::min<std::size_t>(length, in.left())));
  }
  return out;
}

}  // namespace sio::test

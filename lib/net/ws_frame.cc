#include "net/ws_frame.h"

#include <algorithm>
#include <cstring>

namespace sio::net {
namespace {

constexpr unsigned char kFinal = 0x80;
constexpr unsigned char kMasked = 0x80;

void put_big_endian(char* out, std::size_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) {
    out[i] = static_cast<char>(value & 0xff);
    value >>= 8;
  }
}

// Of the frame at the front.
std::size_t frame_size(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const std::size_t mask = (byte(1) & kMasked) != 0 ? sizeof(MaskKey) : 0;
  const std::size_t length = byte(1) & 0x7fu;
  if (length < 126) return 2 + mask + length;
  const std::size_t wide = length == 126 ? 2 : 8;
  std::size_t size = 0;
  for (std::size_t i = 0; i < wide; ++i) size = size << 8 | byte(2 + i);
  return 2 + wide + mask + size;
}

}  // namespace

std::size_t whole_frames(std::string_view frames, std::size_t limit) {
  if (frames.size() <= limit) return frames.size();
  std::size_t size = frame_size(frames);
  while (size < frames.size()) {
    const std::size_t next = frame_size(frames.substr(size));
    if (size + next > limit) break;
    size += next;
  }
  return size;
}

std::size_t write_frame_header(char* out, unsigned char opcode, std::size_t payload_size) {
  out[0] = static_cast<char>(kFinal | opcode);
  if (payload_size < 126) {
    out[1] = static_cast<char>(payload_size);
    return 2;
  }
  if (payload_size < 0x10000) {
    out[1] = 126;
    put_big_endian(out + 2, payload_size, 2);
    return 4;
  }
  out[1] = 127;
  put_big_endian(out + 2, payload_size, 8);
  return 10;
}

void apply_mask(char* data, std::size_t size, MaskKey key, std::size_t phase) {
  unsigned char rotated[8];
  for (std::size_t i = 0; i < sizeof rotated; ++i) rotated[i] = key.bytes[(phase + i) & 3];
  std::uint64_t wide = 0;
  std::memcpy(&wide, rotated, sizeof wide);
  std::size_t i = 0;
  for (; i + sizeof wide <= size; i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, sizeof word);
    word ^= wide;
    std::memcpy(data + i, &word, sizeof word);
  }
  for (; i < size; ++i) data[i] = static_cast<char>(data[i] ^ rotated[i & 7]);
}

void append_masked_frame(std::string& out, unsigned char opcode, std::string_view payload,
                         MaskKey key) {
  char header[kMaxFrameHeader];
  std::size_t header_size = write_frame_header(header, opcode, payload.size());
  header[1] = static_cast<char>(static_cast<unsigned char>(header[1]) | kMasked);
  std::memcpy(header + header_size, key.bytes, sizeof key.bytes);
  header_size += sizeof key.bytes;
  out.append(header, header_size);
  const std::size_t start = out.size();
  out.append(payload);
  apply_mask(out.data() + start, payload.size(), key);
}

void append_frame(std::string& out, unsigned char opcode, std::string_view payload) {
  char header[kMaxFrameHeader];
  out.append(header, write_frame_header(header, opcode, payload.size()));
  out.append(payload);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code == 0) return payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xff);
  payload += reason.substr(0, kMaxControlPayload - 2);
  return payload;
}

}  // namespace sio::net

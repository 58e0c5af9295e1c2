// The bytes around a WebSocket message (RFC 6455 §5.2). Pure.
//
//   frame   = FIN|RSV|opcode (1)  MASK|length (1)  [length (2 or 8, big-endian)]  [mask key (4)]
//             payload
//   length  = 0..125 itself, 126: two bytes follow, 127: eight bytes follow
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sio::net {

inline constexpr unsigned char kOpcodeContinuation = 0x0;
inline constexpr unsigned char kOpcodeText = 0x1;
inline constexpr unsigned char kOpcodeBinary = 0x2;
inline constexpr unsigned char kOpcodeClose = 0x8;
inline constexpr unsigned char kOpcodePing = 0x9;
inline constexpr unsigned char kOpcodePong = 0xa;

inline constexpr std::size_t kMaxFrameHeader = 14;
inline constexpr std::size_t kMaxServerHeader = 10;  // without a mask key
inline constexpr std::size_t kMaxControlPayload = 125;

// The four bytes that a client's payload is combined with, as they lie on the wire.
struct MaskKey {
  unsigned char bytes[4] = {};
};

// Writes the header of a final, unmasked frame to `out` (room for kMaxFrameHeader); its size.
std::size_t write_frame_header(char* out, unsigned char opcode, std::size_t payload_size);

// Combines `data` with the key, whose byte `phase` % 4 meets data[0]. Its own inverse.
void apply_mask(char* data, std::size_t size, MaskKey key, std::size_t phase = 0);

// Appends a final, masked frame: what a client sends.
void append_masked_frame(std::string& out, unsigned char opcode, std::string_view payload,
                         MaskKey key);

// Appends a final, unmasked frame: what a server sends.
void append_frame(std::string& out, unsigned char opcode, std::string_view payload);

// How many bytes at the front of `frames`, frames of our own one behind the other, are whole frames
// of together at most `limit` bytes; the first frame if that alone is more.
std::size_t whole_frames(std::string_view frames, std::size_t limit);

// The payload of a close frame: empty for code 0.
std::string close_payload(std::uint16_t code, std::string_view reason);

}  // namespace sio::net

// Every bound on what a peer, a file or a user may make us hold or do, on one page.
#pragma once

#include <chrono>
#include <cstddef>

namespace sio::proto {

// The largest Engine.IO message and HTTP body by default, in bytes (`maxPayload` of the handshake;
// the official server's maxHttpBufferSize). `serve --max-payload` changes it.
inline constexpr std::size_t kDefaultMaxPayload = 1'000'000;
// The largest message a client accepts: a third-party server may have a larger limit than ours.
inline constexpr std::size_t kClientMaxMessage = std::size_t{256} << 20;

// Attachments of one packet. Official parsers since March 2026 close on more than 10.
inline constexpr std::size_t kMaxAttachments = 10;
// Packets of one polling payload that we send. python-engineio refuses more than 16.
inline constexpr std::size_t kMaxPacketsPerPayload = 16;
// Packets of one polling payload that we accept.
inline constexpr std::size_t kMaxPacketsReceived = 10'000;

// Nesting of a JSON value that a peer or a user may send.
inline constexpr std::size_t kMaxJsonDepth = 512;
inline constexpr std::size_t kMaxNamespaceName = 512;
inline constexpr std::size_t kMaxEventName = 4096;
inline constexpr std::size_t kMaxRoomName = 512;
// A group's: the room of its dead letters is `dead:` and the name.
inline constexpr std::size_t kMaxGroupName = kMaxRoomName - 5;
// Rooms of one socket, and rooms or exceptions that one event may address.
inline constexpr std::size_t kMaxRoomsPerSocket = 10'000;
inline constexpr std::size_t kMaxRoomsPerEvent = 1'000;
// Patterns that a client may register for the events it wants or answers, and the length of one.
inline constexpr std::size_t kMaxGlobs = 256;
inline constexpr std::size_t kMaxGlob = 512;
// Namespaces that one connection may join.
inline constexpr std::size_t kMaxNamespacesPerConnection = 1'000;
// Acks that a socket may owe us, or we it, at one time.
inline constexpr std::size_t kMaxPendingAcks = 1u << 20;

// A line of NDJSON or of plain input (product contract: a 10 MB line must pass).
inline constexpr std::size_t kMaxLine = std::size_t{256} << 20;

inline constexpr std::chrono::milliseconds kDefaultPingInterval{25'000};
inline constexpr std::chrono::milliseconds kDefaultPingTimeout{20'000};
inline constexpr std::chrono::milliseconds kDefaultConnectTimeout{45'000};
inline constexpr std::chrono::milliseconds kUpgradeTimeout{10'000};
// While an upgrade is probed, a pending poll is released this often.
inline constexpr std::chrono::milliseconds kUpgradeNoopInterval{100};
// How long a closed polling session waits for the GET that will be told.
inline constexpr std::chrono::milliseconds kPollingCloseWait{30'000};

}  // namespace sio::proto

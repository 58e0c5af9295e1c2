// What a WebSocket peer sends. However it is cut into reads, the same is read.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "net/ws_reader.h"

namespace {

constexpr std::size_t kLimit = 4096;

class Journal final : public sio::net::WsSink {
 public:
  bool on_ws_message(sio::net::MessageKind kind, std::string_view payload) override {
    SIO_CHECK(payload.size() <= kLimit);
    return note(kind == sio::net::MessageKind::text ? 't' : 'b', payload);
  }
  bool on_ws_ping(std::string_view payload) override { return note('p', payload); }
  bool on_ws_pong(std::string_view payload) override { return note('o', payload); }
  void on_ws_close(std::uint16_t code, std::string_view reason) override {
    note('c', std::to_string(code) + " " + std::string(reason));
    closed = true;
  }
  bool operator==(const Journal& other) const { return lines_ == other.lines_; }

  bool closed = false;

 private:
  bool note(char what, std::string_view payload) {
    lines_.push_back(what + std::string(payload));
    return true;
  }
  std::vector<std::string> lines_;
};

// The close code of a violation, 0 without one.
unsigned read(std::string bytes, sio::net::WsRole role, std::size_t slice, Journal& journal) {
  sio::net::WsReader reader(role, kLimit);
  for (std::size_t at = 0; at < bytes.size() && !journal.closed; at += slice) {
    const std::size_t size = std::min(slice, bytes.size() - at);
    if (const auto violation = reader.feed(bytes.data() + at, size, journal))
      return violation->code;
  }
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(sio::test::text_of(data, size));
  for (const auto role : {sio::net::WsRole::server, sio::net::WsRole::client}) {
    Journal whole;
    const unsigned code = read(bytes, role, bytes.size() + 1, whole);
    SIO_CHECK(code == 0 || code == 1002 || code == 1009);
    for (const std::size_t slice : {1u, 3u, 64u}) {
      Journal cut;
      SIO_CHECK(read(bytes, role, slice, cut) == code);
      SIO_CHECK(cut == whole);
    }
  }
  return 0;
}

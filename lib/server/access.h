// What a client is allowed to do: the grants of a token, and what they mean for one socket.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "proto/sio_extension.h"
#include "store/groups.h"

namespace sio::server {

// One grant. The globs are proto/glob.h's. Only the rooms `*` include the namespace as a whole: its
// plain events may then be sent, and all its records read whatever room they are addressed to.
struct Grant {
  std::string ns = "*";
  std::string rooms = "*";
  bool read = true;
  bool write = true;
  bool operator==(const Grant&) const = default;
};

// The grants that count in one namespace. What is addressed to the whole namespace is read by
// everybody who may read anything there.
class Access {
 public:
  // Null: these grants do not lead into `ns`.
  static std::unique_ptr<Access> in(std::string_view ns, std::span<const Grant> grants);

  bool reads() const;
  bool writes() const;
  bool reads_all() const;
  bool writes_all() const;
  bool reads(std::string_view room) const;
  bool writes(std::string_view room) const;

  // Whether a socket in `ns` may have what it asks for. `groups` null: there are none.
  // Errc::refused says what not.
  Status check(std::string_view ns, const proto::Hello& hello, const store::Groups* groups) const;
  // Whether an event may be addressed to these rooms; none: to the whole namespace. Errc::refused.
  Status check_publish(std::span<const std::string_view> rooms) const;
  // Whether these rooms may be joined. Errc::refused.
  Status check_rooms(std::span<const std::string> rooms) const;

  // The fingerprint of the token that all this was granted for; zeros if there is none.
  Digest owner{};
  bool operator==(const Access&) const = default;

 private:
  std::vector<Grant> grants_;
};

}  // namespace sio::server

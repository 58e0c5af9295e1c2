// The facts about a whole store, in a small text file that is always replaced in one step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fs.h"
#include "store/store.h"

namespace sio::store {

struct Manifest {
  std::string name;        // the store's short name
  std::uint64_t seed = 0;  // of the checks of its records
  // No number from here on was ever given to a record.
  Seq reserved = 1;
  // Closed in order: `reserved` is the number the next record gets.
  bool clean = false;
};

std::string encode_manifest(const Manifest& manifest);
// Errors: Errc::protocol if it is damaged; Errc::unavailable if it is of a newer format.
Result<Manifest> decode_manifest(std::string_view text);

std::string manifest_path(const std::string& directory);
// Errors of decode_manifest(), of reading, and Errc::not_found.
Result<Manifest> read_manifest(Fs& fs, const std::string& directory);
// Survives power loss when it returns. After an error the old one or the new one is there.
Status write_manifest(Fs& fs, const std::string& directory, const Manifest& manifest);

}  // namespace sio::store

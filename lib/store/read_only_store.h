// A look into a store directory, as it was when it was opened, while a server writes to it or none
// does. Takes no lock and changes nothing.
//
// Records that the server has written and not synced yet may be seen. Segments that the server
// drops meanwhile are gaps. Loop thread only.
#pragma once

#include <memory>
#include <string>

#include "base/fs.h"
#include "store/archive.h"
#include "store/manifest.h"
#include "store/store.h"

namespace sio::store {

class ReadOnlyStore final : public Store {
 public:
  // `fs` outlives the store. Errors: Errc::not_found if there is no queue; Errc::unavailable if its
  // format is newer; Errc::protocol if its manifest is damaged; Errc::io.
  static Result<std::unique_ptr<ReadOnlyStore>> open(Fs& fs, const std::string& directory);

  std::string_view name() const override { return manifest_.name; }
  // Refuses: Errc::unavailable.
  Result<Seq> append(std::span<const NewRecord> batch) override;
  Result<Seq> read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) override;
  Seq find_time(std::int64_t time_ms) const override;
  // Knows no keys.
  std::optional<Seq> find_key(std::string_view, std::int64_t) const override { return {}; }
  Bounds bounds() const override;
  Seq durable() const override { return next_ - 1; }
  void set_durability_listener(DurabilityListener*) override {}
  // Refuses: Errc::unavailable.
  Status trim(Seq before) override;
  Status close() override { return {}; }

 private:
  ReadOnlyStore(Fs& fs, const std::string& directory, Manifest manifest);
  Archive::Limit limit() const;

  Manifest manifest_;
  RecordSeal seal_;
  mutable Archive archive_;  // opens files and indexes when it is asked
  Seq next_ = 1;
};

}  // namespace sio::store

// A file of small changes to something that is kept in memory, so that it survives the process.
//
// Changes are collected by add() and written by flush() with one write: then they survive kill -9.
// sync() makes them survive power loss, and sync_later() does so without waiting. When the file has
// grown, the owner writes a snapshot of the whole state, which begins a new file. A torn tail is
// cut; damaged changes are left out, so changes must not depend on all earlier ones being there.
//
// Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "store/background.h"
#include "store/record.h"
#include "store/segment.h"

namespace sio::store {

class JournalReader {
 public:
  virtual ~JournalReader() = default;
  // The whole state; replaces what was read before.
  virtual void on_snapshot(std::string_view snapshot) = 0;
  // What one flush() wrote, in order.
  virtual void on_changes(std::string_view changes) = 0;
};

class Journal {
 public:
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  struct Place {
    std::string directory;
    std::string name;        // files are called NAME-GENERATION.journal
    std::uint64_t seed = 0;  // of the checks
  };

  // Reads what is there, or begins with an empty snapshot. Without a background its work is done at
  // once. References outlive the journal. Errors: Errc::io; Errc::unavailable if the format is
  // newer.
  static Result<std::unique_ptr<Journal>> open(Fs& fs, Background* background, Place place,
                                               JournalReader& reader);

  // Bytes that only the owner understands.
  void add(std::string_view change) { pending_.append(change); }

  // Errors: Errc::io. Then wants_snapshot() is true, and nothing is written until write_snapshot()
  // has succeeded.
  Status flush();
  // Blocks for as long as the disk takes.
  Status sync();

  // Nothing is done while an earlier one is under way. If it fails, wants_snapshot() is true.
  void sync_later();

  // The file is large, or could not be written to.
  bool wants_snapshot() const;
  // Everything added so far is in it.
  Status write_snapshot(std::string_view snapshot);

 private:
  Journal(Fs& fs, Background* background, Place place);

  Status load(JournalReader& reader);
  Result<bool> load_generation(std::uint64_t generation, JournalReader& reader);
  Result<std::vector<std::uint64_t>> generations() const;
  std::string path_of(std::uint64_t generation) const;
  Status begin(std::uint64_t generation, std::string_view snapshot);
  std::string make_record(std::string_view event, std::string_view body, Seq number,
                          Seq unsynced) const;
  Status fail_with(Error error);
  void in_background(std::function<Status()> work, std::function<void(const Status&)> done);
  void remove_others(std::uint64_t generation);

  Fs& fs_;
  Background* background_;
  Place place_;
  RecordSeal seal_;
  std::shared_ptr<File> file_;
  std::uint64_t generation_ = 0;
  std::uint64_t end_ = 0;  // of the file
  std::uint64_t snapshot_bytes_ = 0;
  Seq next_ = 1;
  Seq synced_next_ = 1;
  bool failed_ = false;
  bool syncing_ = false;
  std::string pending_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come late
};

}  // namespace sio::store

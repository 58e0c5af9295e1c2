// A journal in a file. flush() writes with one write: then the changes survive kill -9; sync()
// makes them survive power loss. A torn tail is cut; damaged changes are left out.
//
// Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fs.h"
#include "store/background.h"
#include "store/journal.h"
#include "store/record.h"
#include "store/segment.h"

namespace sio::store {

class FileJournal final : public Journal {
 public:
  ~FileJournal() override;
  FileJournal(const FileJournal&) = delete;
  FileJournal& operator=(const FileJournal&) = delete;

  struct Place {
    std::string directory;
    std::string name;        // files are called NAME-GENERATION.journal
    std::uint64_t seed = 0;  // of the checks
  };

  // Without a background its work is done at once. References outlive the journal. Errors as of
  // Journals::open().
  static Result<std::unique_ptr<FileJournal>> open(Fs& fs, Background* background, Place place,
                                                   JournalReader& reader);

  Status flush() override;
  Status sync() override;
  void sync_later() override;
  bool has_failed() const override { return failed_; }
  bool wants_snapshot() const override;
  Status write_snapshot(std::string_view snapshot) override;

 private:
  FileJournal(Fs& fs, Background* background, Place place);

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
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come late
};

// The journals of the store in `directory`, which the caller has locked. `seed` stays the same from
// time to time. References outlive the journals; this need not.
class FileJournals final : public Journals {
 public:
  FileJournals(Fs& fs, Background* background, std::string directory, std::uint64_t seed)
      : fs_(fs), background_(background), directory_(std::move(directory)), seed_(seed) {}

  Result<std::unique_ptr<Journal>> open(std::string_view name, JournalReader& reader) override {
    return FileJournal::open(fs_, background_, {directory_, std::string(name), seed_}, reader);
  }

 private:
  Fs& fs_;
  Background* background_;
  std::string directory_;
  std::uint64_t seed_;
};

}  // namespace sio::store

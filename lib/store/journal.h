// A journal of small changes to something that is kept in memory, so that it survives the process.
//
// Changes are collected by add() and go off together with flush(); sync() waits until they are as
// safe as the place can make them. When the journal has grown, the owner writes a snapshot of the
// whole state, which replaces it. Changes may be missing when it is read (damage), so they must not
// depend on all earlier ones being there.
//
// Implementations: FileJournal beside a FileStore, RedisJournal beside a RedisStore. Loop thread
// only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

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
  virtual ~Journal() = default;

  // Bytes that only the owner understands.
  void add(std::string_view change) { pending_.append(change); }

  // Writes what was added. Errors: Errc::io, Errc::unavailable. Then wants_snapshot() is true, and
  // nothing is written until write_snapshot() has succeeded.
  virtual Status flush() = 0;
  // Whether everything flushed, and every snapshot, survives kill -9. Where that takes a while it
  // comes true in a later turn, or an error makes wants_snapshot() true.
  virtual bool is_written() const { return true; }
  // Something that was flushed came to nothing; wants_snapshot() is true.
  virtual bool has_failed() const = 0;
  // Writes, and blocks until power loss would be survived too, as far as the place promises that.
  virtual Status sync() = 0;
  // Begins to make power loss survived. Nothing is done while an earlier one is under way. If it
  // fails, wants_snapshot() is true.
  virtual void sync_later() = 0;

  // It is large, or could not be written to.
  virtual bool wants_snapshot() const = 0;
  // Everything added so far is in it.
  virtual Status write_snapshot(std::string_view snapshot) = 0;

 protected:
  std::string pending_;
};

// The journals of one store, by name.
class Journals {
 public:
  virtual ~Journals() = default;
  // Reads what is there, or begins with an empty snapshot. Errors: Errc::io; Errc::unavailable if
  // the format is newer.
  virtual Result<std::unique_ptr<Journal>> open(std::string_view name, JournalReader& reader) = 0;
};

}  // namespace sio::store

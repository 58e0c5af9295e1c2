// What `sio serve` remembers, and where: the store, the groups and the sessions.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/posix_fs.h"
#include "base/result.h"
#include "net/loop.h"
#include "serve/options.h"
#include "server/hub.h"
#include "server/sessions.h"
#include "store/file_store.h"
#include "store/groups.h"
#include "store/journal.h"
#include "store/redis_store.h"

namespace sio::cmd::serve {

// The store's way back to the loop's thread.
class LoopExecutor final : public store::Executor {
 public:
  explicit LoopExecutor(net::Loop& loop) : loop_(loop) {}
  void post(std::function<void()> task) override { loop_.post(std::move(task)); }

 private:
  net::Loop& loop_;
};

// The store, and what else is remembered in its place.
class Memory {
 public:
  // References outlive it.
  Memory(const Options& options, const Clock& clock) : options_(options), clock_(clock) {}

  // Errors: the directory or the Redis server cannot be used, or somebody else has the queue.
  Status open(store::Executor& executor);
  // Makes what was appended durable; the hub is told in a later turn.
  void sync();
  Status close();

  store::Store* store() const { return store_.get(); }
  server::HubMemory for_hub() const {
    return {.groups = groups_.get(),
            .sessions = sessions_.get(),
            .recover_all = options_.recover.has_value()};
  }

 private:
  Status open_directory(store::Executor& executor);
  Status open_redis(store::Executor& executor);
  Status open_journals(store::Journals& journals);
  void open_in_memory();

  const Options& options_;
  const Clock& clock_;
  PosixFs fs_;
  std::unique_ptr<store::Store> store_;
  store::FileStore* file_store_ = nullptr;    // store_, if it is one
  store::RedisStore* redis_store_ = nullptr;  // the same
  std::unique_ptr<store::Groups> groups_;
  std::unique_ptr<server::Sessions> sessions_;
};

}  // namespace sio::cmd::serve

#include "store/null_store.h"

#include <utility>

#include "base/random_id.h"

namespace sio::store {

NullStore::NullStore(std::string name) : name_(name.empty() ? random_name(4) : std::move(name)) {}

Result<Seq> NullStore::append(std::span<const NewRecord> batch) {
  const Seq first = next_;
  next_ += batch.size();
  return first;
}

}  // namespace sio::store

// The store that keeps nothing: records get numbers and are forgotten. Loop thread only.
#pragma once

#include <string>

#include "store/store.h"

namespace sio::store {

class NullStore final : public Store {
 public:
  // A random name if empty.
  explicit NullStore(std::string name = "");

  std::string_view name() const override { return name_; }
  Result<Seq> append(std::span<const NewRecord> batch) override;
  Result<Seq> read(Seq, const Filter&, std::size_t, Visitor&) override { return next_; }
  Seq find_time(std::int64_t) const override { return next_; }
  std::optional<Seq> find_key(std::string_view, std::int64_t) const override { return {}; }
  Bounds bounds() const override { return {.first = next_, .next = next_}; }
  Seq durable() const override { return next_ - 1; }
  void set_durability_listener(DurabilityListener*) override {}
  Status trim(Seq) override { return {}; }
  Status close() override { return {}; }

 private:
  std::string name_;
  Seq next_ = 1;
};

}  // namespace sio::store

// Connections that somebody made and that may have to go when that somebody goes.
#pragma once

#include <cstddef>

namespace sio::net {

class SeverList;

// A member of at most one SeverList. Leaves it by itself when destroyed.
class Severable {
 public:
  // The owner of the list is going: lets go of everybody, tells nobody, and closes.
  virtual void sever() = 0;

 protected:
  Severable() = default;
  virtual ~Severable();
  Severable(const Severable&) = delete;
  Severable& operator=(const Severable&) = delete;

 private:
  friend class SeverList;
  SeverList* list_ = nullptr;
  Severable* previous_ = nullptr;
  Severable* next_ = nullptr;
};

// Severs its members when destroyed.
class SeverList {
 public:
  SeverList() = default;
  ~SeverList();
  SeverList(const SeverList&) = delete;
  SeverList& operator=(const SeverList&) = delete;

  void add(Severable& member);
  void remove(Severable& member);
  std::size_t size() const { return size_; }

 private:
  Severable* first_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sio::net

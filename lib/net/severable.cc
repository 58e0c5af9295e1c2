#include "net/severable.h"

namespace sio::net {

Severable::~Severable() {
  if (list_ != nullptr) list_->remove(*this);
}

SeverList::~SeverList() {
  while (first_ != nullptr) {
    Severable& member = *first_;
    remove(member);
    member.sever();
  }
}

void SeverList::add(Severable& member) {
  member.list_ = this;
  member.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &member;
  first_ = &member;
  ++size_;
}

void SeverList::remove(Severable& member) {
  if (member.list_ != this) return;
  if (member.previous_ != nullptr)
    member.previous_->next_ = member.next_;
  else
    first_ = member.next_;
  if (member.next_ != nullptr) member.next_->previous_ = member.previous_;
  member.list_ = nullptr;
  member.previous_ = member.next_ = nullptr;
  --size_;
}

}  // namespace sio::net

#include "net/outbox.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/ws_frame.h"

namespace sio::net {
namespace {

// Of a backlog this much is written at once: a sink that keeps what it cannot send copies it.
constexpr std::size_t kBacklogWrite = 256 * 1024;
// Then it is the others' turn: a connection that takes all it gets would keep them waiting.
constexpr std::size_t kFairShare = 1 << 20;
constexpr std::size_t kKeptCapacity = 16 * 1024;
constexpr std::size_t kKeptPieces = 32;

}  // namespace

void Outbox::add(std::string_view bytes) {
  if (bytes.empty()) return;
  if (copied_.size() > copied_start_) return add_copy(bytes);
  referenced_ += bytes.size();
  if (first_.empty()) {
    first_ = bytes;
    return;
  }
  std::string_view& last = more_.empty() ? first_ : more_.back();
  if (last.data() + last.size() == bytes.data())
    last = {last.data(), last.size() + bytes.size()};
  else
    more_.push_back(bytes);
}

void Outbox::add_copy(std::string_view bytes) {
  copy_referenced(0);
  copied_.append(bytes);
}

void Outbox::add_copy(std::string&& bytes) {
  copy_referenced(0);
  if (copied_.empty())
    copied_ = std::move(bytes);
  else
    copied_.append(bytes);
}

ByteSink::Outcome Outbox::flush(ByteSink& sink, std::span<char> scratch) {
  ByteSink::Outcome outcome = blocked_ ? ByteSink::Outcome::blocked : ByteSink::Outcome::taken;
  if (!blocked_ && copied_.size() > copied_start_) outcome = write_copied(sink);
  if (outcome == ByteSink::Outcome::taken)
    outcome = write_referenced(sink, scratch);
  else
    copy_referenced(0);
  blocked_ = outcome == ByteSink::Outcome::blocked;
  return outcome;
}

ByteSink::Outcome Outbox::write_copied(ByteSink& sink) {
  auto outcome = ByteSink::Outcome::taken;
  const std::string_view all = std::string_view(copied_).substr(copied_start_);
  std::size_t done = 0;
  while (outcome == ByteSink::Outcome::taken && done < all.size()) {
    const std::string_view rest = all.substr(done);
    if (done >= kFairShare) {
      outcome = ByteSink::Outcome::blocked;
      break;
    }
    const std::size_t part = cut_ == Cut::anywhere ? std::min(rest.size(), kBacklogWrite)
                                                   : whole_frames(rest, kBacklogWrite);
    std::size_t written = 0;
    outcome = write_piece(sink, rest.substr(0, part), written);
    done += written;
  }
  forget_copied(done);
  return outcome;
}

void Outbox::forget_copied(std::size_t written) {
  copied_start_ += written;
  if (copied_start_ == copied_.size()) {
    if (copied_.capacity() > kKeptCapacity)
      std::string().swap(copied_);
    else
      copied_.clear();
    copied_start_ = 0;
  } else if (copied_start_ > copied_.size() / 2) {
    copied_.erase(0, copied_start_);
    copied_start_ = 0;
  }
}

ByteSink::Outcome Outbox::write_referenced(ByteSink& sink, std::span<char> scratch) {
  auto outcome = ByteSink::Outcome::taken;
  std::size_t next = 0;
  std::size_t done = 0;
  while (outcome == ByteSink::Outcome::taken && next < pieces()) {
    std::size_t written = 0;
    outcome = write_piece(sink, gather(next, scratch), written);
    done += written;
  }
  copy_referenced(done);
  return outcome;
}

std::string_view Outbox::gather(std::size_t& next, std::span<char> scratch) const {
  const std::size_t first = next++;
  const auto fits = [&](std::size_t gathered) {
    return next < pieces() && piece(next).size() <= scratch.size() - gathered;
  };
  std::size_t gathered = piece(first).size();
  if (gathered >= scratch.size() || !fits(gathered)) return piece(first);
  std::memcpy(scratch.data(), piece(first).data(), gathered);
  for (; fits(gathered); ++next) {
    std::memcpy(scratch.data() + gathered, piece(next).data(), piece(next).size());
    gathered += piece(next).size();
  }
  return {scratch.data(), gathered};
}

ByteSink::Outcome Outbox::write_piece(ByteSink& sink, std::string_view piece,
                                      std::size_t& written) {
  while (written < piece.size()) {
    const auto result = sink.write(piece.data() + written, piece.size() - written);
    written += result.size;
    if (result.outcome != ByteSink::Outcome::taken) return result.outcome;
  }
  return ByteSink::Outcome::taken;
}

void Outbox::copy_referenced(std::size_t skip) {
  if (referenced_ == 0) return;
  for (std::size_t i = 0; i < pieces(); ++i) {
    const std::size_t skipped = std::min(skip, piece(i).size());
    skip -= skipped;
    copied_.append(piece(i).substr(skipped));
  }
  first_ = {};
  if (more_.capacity() > kKeptPieces)
    std::vector<std::string_view>().swap(more_);
  else
    more_.clear();
  referenced_ = 0;
}

}  // namespace sio::net

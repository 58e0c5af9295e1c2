#include "net/outbox.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sio::net {
namespace {

// Largest single write: more is not faster, and a connection that takes all it gets would keep the
// others waiting.
constexpr std::size_t kMaxWrite = 1 << 20;
constexpr std::size_t kKeptCapacity = 16 * 1024;
constexpr std::size_t kKeptPieces = 32;

std::string_view& last_of(std::string_view& first, std::vector<std::string_view>& more) {
  return more.empty() ? first : more.back();
}

}  // namespace

void Outbox::add(std::string_view bytes) {
  if (bytes.empty()) return;
  if (copied_.size() > copied_start_) return add_copy(bytes);
  referenced_ += bytes.size();
  if (first_.empty()) {
    first_ = bytes;
    return;
  }
  std::string_view& last = last_of(first_, more_);
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
  if (referenced_ > 0) {
    if (outcome == ByteSink::Outcome::taken)
      outcome = write_referenced(sink, scratch);
    else
      copy_referenced(0);
  }
  blocked_ = outcome == ByteSink::Outcome::blocked;
  return outcome;
}

ByteSink::Outcome Outbox::write_copied(ByteSink& sink) {
  std::size_t written = 0;
  const auto outcome =
      write_piece(sink, std::string_view(copied_).substr(copied_start_, kMaxWrite), written);
  copied_start_ += written;
  if (copied_start_ == copied_.size()) {
    if (copied_.capacity() > kKeptCapacity)
      std::string().swap(copied_);
    else
      copied_.clear();
    copied_start_ = 0;
    return outcome;
  }
  if (copied_start_ > copied_.size() / 2) {
    copied_.erase(0, copied_start_);
    copied_start_ = 0;
  }
  // It took a full share and there is more: the others' turn first.
  return outcome == ByteSink::Outcome::taken ? ByteSink::Outcome::blocked : outcome;
}

ByteSink::Outcome Outbox::write_referenced(ByteSink& sink, std::span<char> scratch) {
  if (!more_.empty()) return write_gathered(sink, scratch);
  std::size_t written = 0;
  const auto outcome = write_piece(sink, first_.substr(0, kMaxWrite), written);
  const bool rest = written < referenced_;
  if (rest) copy_referenced(written);
  drop_references();
  return rest && outcome == ByteSink::Outcome::taken ? ByteSink::Outcome::blocked : outcome;
}

ByteSink::Outcome Outbox::write_gathered(ByteSink& sink, std::span<char> scratch) {
  std::size_t gathered = 0;
  const auto gather = [&](std::string_view piece) {
    const std::size_t part = std::min(piece.size(), scratch.size() - gathered);
    std::memcpy(scratch.data() + gathered, piece.data(), part);
    gathered += part;
  };
  gather(first_);
  for (const std::string_view piece : more_) {
    if (gathered == scratch.size()) break;
    gather(piece);
  }
  std::size_t written = 0;
  const auto outcome = write_piece(sink, {scratch.data(), gathered}, written);
  const bool rest = written < referenced_;
  if (rest) copy_referenced(written);
  drop_references();
  return rest && outcome == ByteSink::Outcome::taken ? ByteSink::Outcome::blocked : outcome;
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
  const auto copy = [&](std::string_view piece) {
    const std::size_t skipped = std::min(skip, piece.size());
    skip -= skipped;
    copied_.append(piece.substr(skipped));
  };
  copy(first_);
  for (const std::string_view piece : more_) copy(piece);
  drop_references();
}

void Outbox::drop_references() {
  first_ = {};
  if (more_.capacity() > kKeptPieces)
    std::vector<std::string_view>().swap(more_);
  else
    more_.clear();
  referenced_ = 0;
}

}  // namespace sio::net

#include "cli/line_splitter.h"

#include <utility>

#include <fmt/format.h>

namespace sio::cli {

void LineSplitter::feed(std::string_view chunk) {
  if (rest_.empty()) {
    rest_ = chunk;
    return;
  }
  std::string joined(rest_);
  joined += chunk;
  held_ = std::move(joined);
  rest_ = held_;
}

void LineSplitter::hold() {
  std::string copy(rest_);
  held_ = std::move(copy);
  rest_ = held_;
}

Result<std::optional<std::string_view>> LineSplitter::next() {
  for (;;) {
    const std::size_t length = rest_.find(delimiter_);
    const bool ends = length != std::string_view::npos;
    const std::string_view piece = rest_.substr(0, length);
    rest_.remove_prefix(ends ? length + 1 : rest_.size());
    if (discarding_) {
      if (!ends) return std::nullopt;
      discarding_ = false;
      continue;
    }
    if (partial_.size() + piece.size() > max_line_) {
      discarding_ = !ends;
      return too_long();
    }
    if (ends) return complete(piece);
    partial_ += piece;
    return std::nullopt;
  }
}

std::optional<std::string_view> LineSplitter::finish() {
  if (discarding_ || partial_.empty()) return std::nullopt;
  return complete({});
}

std::optional<std::string_view> LineSplitter::complete(std::string_view tail) {
  ++line_number_;
  if (partial_.empty()) return tail;
  joined_ = std::exchange(partial_, {});
  joined_ += tail;
  return joined_;
}

tl::unexpected<Error> LineSplitter::too_long() {
  ++line_number_;
  partial_ = {};
  return fail(Errc::too_large, fmt::format("a line of more than {} bytes", max_line_));
}

}  // namespace sio::cli

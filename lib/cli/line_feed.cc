#include "cli/line_feed.h"

#include <fmt/format.h>

#include <utility>

#include "proto/limits.h"

namespace sio::cli {

Result<std::unique_ptr<LineFeed>> LineFeed::open(net::Loop& loop, int fd, Unit unit,
                                                 LineFeedEvents& events, char delimiter) {
  std::unique_ptr<LineFeed> feed(new LineFeed(unit, events, delimiter));
  SIO_TRY(feed->source_, net::FdSource::open(loop, fd, *feed));
  return feed;
}

Result<std::unique_ptr<LineFeed>> LineFeed::open(Source& source, Unit unit, LineFeedEvents& events,
                                                 char delimiter) {
  std::unique_ptr<LineFeed> feed(new LineFeed(unit, events, delimiter));
  SIO_TRY(feed->source_, source.open(*feed));
  return feed;
}

void LineFeed::on_bytes(std::string_view bytes) {
  if (unit_ == Unit::everything) return collect(bytes);
  splitter_.feed(bytes);
  if (paused_) return splitter_.hold();
  give();
}

void LineFeed::on_end(const Status& status) {
  ended_ = true;
  status_ = status;
  if (!paused_) give();
}

void LineFeed::collect(std::string_view bytes) {
  if (everything_.size() + bytes.size() > proto::kMaxLine) {
    too_large_ = true;
    everything_ = {};
  }
  if (!too_large_) everything_ += bytes;
}

void LineFeed::resume() {
  if (!paused_) return;
  paused_ = false;
  give();
  if (!paused_ && !ended_) source_->resume();
}

void LineFeed::pause() {
  paused_ = true;
  if (!ended_) source_->pause();
}

// Gives out what there is, as long as it is wanted.
void LineFeed::give() {
  const bool all = unit_ == Unit::everything || give_lines();
  if (all && ended_) return give_last();
  if (!all) {
    splitter_.hold();
    pause();
  }
  events_.on_lines_given();
}

bool LineFeed::give_lines() {
  for (;;) {
    const auto line = splitter_.next();
    if (!line) {
      events_.on_bad_line(splitter_.line_number(), line.error());
      continue;
    }
    if (!*line) return true;
    if (!events_.on_line(**line, splitter_.line_number())) return false;
    if (paused_) return false;
  }
}

void LineFeed::give_last() {
  if (std::exchange(told_end_, true)) return;
  if (too_large_) {
    events_.on_bad_line(
        1, {Errc::too_large, fmt::format("an input of more than {} bytes", proto::kMaxLine)});
  } else if (unit_ == Unit::everything) {
    events_.on_line(everything_, 1);
  } else if (const auto line = splitter_.finish()) {
    events_.on_line(*line, splitter_.line_number());
  }
  events_.on_lines_given();
  events_.on_input_end(status_);
}

}  // namespace sio::cli

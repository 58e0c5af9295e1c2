#include "cli/printer.h"

#include <unistd.h>

#include <string_view>
#include <utility>

#include "cli/json_color.h"
#include "cli/visible_text.h"

namespace sio::cli {
namespace {

// Bytes that stdout's reader may be behind before we stop reading from the server.
constexpr std::size_t kMaxBacklog = 256 * 1024;

}  // namespace

Result<std::unique_ptr<Printer>> Printer::open(net::Loop& loop, int fd, PrinterOptions options,
                                               PrinterEvents& events) {
  std::unique_ptr<Printer> printer(new Printer(loop, std::move(options), events));
  SIO_TRY(printer->sink_, net::FdSink::open(loop, fd, *printer));
  printer->is_terminal_ = ::isatty(fd) == 1;
  loop.add_turn_listener(*printer);
  return printer;
}

Printer::~Printer() {
  loop_.remove_turn_listener(*this);
}

std::string_view Printer::render(const EventRecord& record) {
  line_.clear();
  if (options_.format) return render_formatted(record);
  append_record(line_, record);
  return finished_line();
}

std::string_view Printer::render(const EventRecord& record, std::string_view line) {
  line_.clear();
  if (options_.format) return render_formatted(record);
  line_ += line;
  line_ += '\n';
  return finished_line();
}

std::string_view Printer::render_formatted(const EventRecord& record) {
  options_.format->append(line_, record, is_terminal_);
  if (options_.null) line_ += '\0';
  return line_;
}

std::string_view Printer::finished_line() {
  if (is_terminal_) make_json_visible(line_);
  if (options_.null) line_.back() = '\0';
  if (!options_.color) return line_;
  colored_.clear();
  append_colored_json(colored_, line_);
  return colored_;
}

void Printer::print_bytes(std::string_view bytes) {
  if (broken_) return;
  events_.on_print(bytes);
  printed_ += bytes.size();
  sink_->write(bytes);
}

Status Printer::flush() {
  return broken_ ? Status() : sink_->flush_blocking();
}

// Whatever a turn brings is printed; a turn is bounded by what is read from the connection at once.
// What was printed in this turn is written behind this: only what is left of earlier turns says
// that the reader is slow, and only then does the sink tell when it has caught up.
void Printer::on_turn_end() {
  const std::uint64_t earlier = std::exchange(printed_before_, printed_);
  if (full_ || broken_ || earlier <= taken() + kMaxBacklog) return;
  full_ = true;
  events_.on_output_full();
}

void Printer::on_drained() {
  events_.on_output_taken();
  if (std::exchange(full_, false)) events_.on_output_ready();
}

void Printer::on_broken(const Error& error, bool reader_gone) {
  broken_ = true;
  events_.on_output_broken(error, reader_gone);
}

}  // namespace sio::cli

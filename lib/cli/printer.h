// Records on stdout: what listen, join and `emit -a` print. On a terminal control characters of
// peers are made visible. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/record_format.h"
#include "cli/record_json.h"
#include "net/fd_sink.h"
#include "net/loop.h"

namespace sio::cli {

struct PrinterOptions {
  bool color = false;                  // JSON as jq colours it
  bool null = false;                   // a NUL ends each record, not a newline
  std::optional<RecordFormat> format;  // of events, instead of NDJSON
};

class PrinterEvents {
 public:
  virtual ~PrinterEvents() = default;
  // `bytes` are about to be printed.
  virtual void on_print(std::string_view bytes) { static_cast<void>(bytes); }
  // Whoever reads stdout is slow: print no more than what is at hand until on_output_ready().
  virtual void on_output_full() {}
  virtual void on_output_ready() {}
  // Everything printed was taken, after something had to wait at the end of a turn.
  virtual void on_output_taken() {}
  // Nobody reads stdout any more (`reader_gone`), or writing failed. Last.
  virtual void on_output_broken(const Error& error, bool reader_gone) = 0;
};

class Printer final : private net::FdSinkEvents, private net::TurnListener {
 public:
  // `fd` is usually 1. `events` outlives the printer.
  static Result<std::unique_ptr<Printer>> open(net::Loop& loop, int fd, PrinterOptions options,
                                               PrinterEvents& events);
  ~Printer() override;

  // One line each. What is printed in a turn is written together at its end.
  template <typename Record>
  void print(const Record& record) {
    line_.clear();
    append_record(line_, record);
    print_bytes(finished_line());
  }
  void print(const EventRecord& record) { print_bytes(render(record)); }
  // What print() would write; valid until the next call of either.
  std::string_view render(const EventRecord& record);
  // The same of a record that is NDJSON already, as `line` without its end.
  std::string_view render(const EventRecord& record, std::string_view line);
  // Bytes of somebody else's.
  void print_bytes(std::string_view bytes);

  // Bytes printed so far, and how many of them the reader's side has taken: the kernel, that is.
  std::uint64_t printed() const { return printed_; }
  std::uint64_t taken() const { return printed_ - sink_->backlog(); }
  // Between on_output_full() and on_output_ready().
  bool full() const { return full_; }

  // Writes what is left, waiting for the reader if need be: before leaving.
  Status flush();

 private:
  Printer(net::Loop& loop, PrinterOptions options, PrinterEvents& events)
      : loop_(loop), options_(std::move(options)), events_(events) {}
  void on_drained() override;
  void on_broken(const Error& error, bool reader_gone) override;
  void on_turn_end() override;
  std::string_view render_formatted(const EventRecord& record);
  std::string_view finished_line();

  net::Loop& loop_;
  PrinterOptions options_;
  PrinterEvents& events_;
  std::unique_ptr<net::FdSink> sink_;
  std::string line_;
  std::string colored_;
  std::uint64_t printed_ = 0;
  std::uint64_t printed_before_ = 0;  // at the end of the last turn
  bool full_ = false;
  bool broken_ = false;
  bool is_terminal_ = false;  // what peers sent must not command it
};

}  // namespace sio::cli

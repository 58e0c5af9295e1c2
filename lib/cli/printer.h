// Records on stdout: what listen, join and `emit -a` print. Loop thread only.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/record_json.h"
#include "net/fd_sink.h"
#include "net/loop.h"

namespace sio::cli {

class PrinterEvents {
 public:
  virtual ~PrinterEvents() = default;
  // Whoever reads stdout is slow: print no more than what is at hand until on_output_ready().
  virtual void on_output_full() {}
  virtual void on_output_ready() {}
  // Nobody reads stdout any more (`reader_gone`), or writing failed. Last.
  virtual void on_output_broken(const Error& error, bool reader_gone) = 0;
};

class Printer final : private net::FdSinkEvents, private net::TurnListener {
 public:
  // `fd` is usually 1. `events` outlives the printer. With `color`, the name of an event stands
  // out.
  static Result<std::unique_ptr<Printer>> open(net::Loop& loop, int fd, bool color,
                                               PrinterEvents& events);
  ~Printer() override;

  // One line each. What is printed in a turn is written together at its end.
  template <typename Record>
  void print(const Record& record) {
    line_.clear();
    append_record(line_, record);
    write_line();
  }

  // Writes what is left, waiting for the reader if need be: before leaving.
  Status flush();

 private:
  Printer(net::Loop& loop, bool color, PrinterEvents& events)
      : loop_(loop), color_(color), events_(events) {}
  void on_drained() override;
  void on_broken(const Error& error, bool reader_gone) override;
  void on_turn_end() override;
  void write_line();

  net::Loop& loop_;
  bool color_;
  PrinterEvents& events_;
  std::unique_ptr<net::FdSink> sink_;
  std::string line_;
  bool full_ = false;
  bool broken_ = false;
};

}  // namespace sio::cli

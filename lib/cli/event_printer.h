// What a client receives and goes through -> records on stdout and messages on stderr: what listen
// and join have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/printer.h"
#include "cli/talk.h"
#include "client/client.h"

namespace sio::cli {

class EventPrinter {
 public:
  // `lifecycle`: print records of what happens to the connection too (-L). All references outlive
  // the printer.
  EventPrinter(Printer& printer, const Talk& talk, const Clock& clock, bool lifecycle)
      : printer_(printer), talk_(talk), clock_(clock), lifecycle_(lifecycle) {}

  // What is known of an event, for printing and other uses. Valid until the next call, and as long
  // as the event.
  EventRecord record_of(const client::ReceivedEvent& event);
  void event(const EventRecord& record) { printer_.print(record); }
  void event(const client::ReceivedEvent& event) { printer_.print(record_of(event)); }
  // `rooms`: what was asked for with it.
  void joined(const client::Joined& joined, const std::vector<std::string>& rooms);
  void retry(std::uint64_t attempt);
  void heartbeat();
  void lost(const client::Lost& lost);
  // Always told: on stderr, with -L also as a record.
  void gap(const client::Gap& gap);
  // How it all ended, if there is something to print of it.
  void ended(const client::Outcome& outcome);
  // `last`: no namespace is left, and the end of the run will tell why.
  void refused(const client::ClientEvents::Refusal& refusal, bool last);

 private:
  Printer& printer_;
  const Talk& talk_;
  const Clock& clock_;
  bool lifecycle_;
  bool was_joined_ = false;
  bool told_refusal_ = false;
  std::string args_;
  std::string offset_;
};

}  // namespace sio::cli

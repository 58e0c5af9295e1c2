// What a load has done to a server and got from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/histogram.h"

namespace sio::client {

// What was in the way of more.
enum class LoadLimit {
  server,  // and the network: the load waited for them
  client,  // this process: it had no time left, or could not keep its schedule
  rate,    // the rate that was asked for, which was kept
};

// A share of a processor (LoadReport::busy) that leaves nothing to spare.
inline constexpr double kAlwaysBusy = 0.9;

struct LoadErrors {
  std::uint64_t connect = 0;       // no connection
  std::uint64_t refused = 0;       // by the server: authentication, namespace
  std::uint64_t disconnected = 0;  // a connection was lost
  std::uint64_t rejected = 0;      // an ack said no
  std::uint64_t gaps = 0;          // the server said that it has lost records
};

// An operation is what the mode counts: a connection made (connect), an event and its answer
// (echo), an event and its receipt (publish), an event delivered to everybody (fanout), a replay.
struct LoadReport {
  std::string server;          // as a sio server calls itself; else ""
  std::string transport;       // "websocket", "polling"
  std::size_t clients = 0;     // that were connected when the load began, or took part
  std::size_t window = 0;      // operations that a client has on its way at most; 0: open loop
  std::uint64_t sent = 0;      // operations begun
  std::uint64_t done = 0;      // operations that ended well
  std::uint64_t received = 0;  // answers, deliveries or records
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t lost = 0;     // answers, receipts and deliveries that did not come
  std::uint64_t doubled = 0;  // and those that came once more
  LoadErrors errors;
  std::string first_error;  // what the first of them said
  Histogram latency;
  Duration setup{0};      // until all were connected
  Duration elapsed{0};    // from then until the last operation ended
  double cpu = 0;         // this thread's share of a processor meanwhile, 0 to 1
  double busy = 0;        // the same with the time that it waited for a processor
  Duration behind{0};     // open loop: how late 99 % of the operations began at most
  bool complete = false;  // the count was met, or the time was up
  LoadLimit limit = LoadLimit::server;
};

}  // namespace sio::client

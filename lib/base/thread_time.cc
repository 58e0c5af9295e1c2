#include "base/thread_time.h"

#include <time.h>

#include <cstdio>

namespace sio {
namespace {

// Linux: time on a processor, time runnable, number of turns; of the thread that reads it.
Duration read_waiting() {
  std::FILE* file = std::fopen("/proc/thread-self/schedstat", "re");
  if (file == nullptr) return {};
  unsigned long long running = 0;
  unsigned long long waiting = 0;
  const int found = std::fscanf(file, "%llu %llu", &running, &waiting);
  std::fclose(file);
  return Duration(found == 2 ? static_cast<Duration::rep>(waiting) : 0);
}

}  // namespace

ThreadTime thread_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return {.running = std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec),
          .waiting = read_waiting()};
}

}  // namespace sio

#include "host/bench/stopwatch.hpp"

#include <cerrno>
#include <ctime>
#include <system_error>

namespace vnsweep::bench {

double Stopwatch::cpu_now() {
  timespec now{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot read the processor time of a thread");
  }
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace vnsweep::bench

#include "host/schedule/pulse.hpp"

namespace vnsweep {

void Pulse::begin(Clock::time_point now, Clock::duration expected) {
  expected_end_ = now + expected;
}

void Pulse::pause() {
  expected_end_.reset();
}

bool Pulse::is_overdue(Clock::time_point now, Clock::duration patience) const {
  return expected_end_ && now - *expected_end_ > patience;
}

}  // namespace vnsweep

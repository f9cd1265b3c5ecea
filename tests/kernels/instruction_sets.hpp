#pragma once

#include <hwy/targets.h>

#include <cstdint>

namespace vnsweep::testing {

/// Calls body(name) with each instruction set of this machine in use, and puts the best back.
/// @returns how many there were
template <class Body>
int on_every_instruction_set(Body body) {
  int count = 0;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body(hwy::TargetName(target));
    ++count;
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return count;
}

}  // namespace vnsweep::testing

#pragma once

#include <string>
#include <vector>

#include "host/theory/mean_field.hpp"

namespace vnsweep {

/// Sentences for whoever reads the predictions: which of them do not exist, and which lie outside
/// the range where the theory is known to hold. `theory.notes` is not read.
std::vector<std::string> theory_notes(const NetworkPrior& network, const Theory& theory);

}  // namespace vnsweep

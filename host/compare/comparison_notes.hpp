#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/compare/comparison.hpp"

namespace vnsweep {

/// How many runs of the matched cells share their random numbers with one of the other side.
struct PairingShare {
  std::int64_t pairs = 0;
  std::int64_t most = 0;  ///< if every run of the smaller side of each cell had a partner
};

/// What notes are made of beyond the comparison itself.
struct ComparisonCircumstances {
  PairingShare share;
  bool same_numerics = true;
  bool adaptive = false;  ///< seeds of either sweep were added until intervals were narrow enough
};

/// What limits the answer, one sentence each.
std::vector<std::string> comparison_notes(const Comparison& comparison,
                                          const ComparisonCircumstances& circumstances);

/// Which test was used for cells and for all of them together, in one sentence.
std::string test_sentence(const Comparison& comparison);

/// "+0.098" and "[+0.058, +0.137]"; a dash where it is not known.
std::string difference_text(const Difference& difference);
std::string difference_interval_text(const Difference& difference);

/// "p = 0.0012"; a p value too small for a double is "p < 1e-300".
std::string p_value_text(double p_value);

}  // namespace vnsweep

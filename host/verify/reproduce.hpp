#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/store/store.hpp"
#include "kernels/engine.hpp"

namespace vnsweep {

/// A run with all that the store holds of it.
struct StoredResult {
  StoredRun run;
  std::vector<StoredProbe> probes;
};

/// The run whose id begins with `prefix`.
/// @throws StoreError if no run, or more than one, has such an id, or if it was an error
StoredResult find_result(std::vector<Store>& stores, std::string_view prefix);

/// Makes a run again, as the store would keep it.
StoredResult make_again(const RunSpec& spec, Engine& engine);

/// One quantity of a run, as it was stored and as it came out again.
struct ReproducedQuantity {
  std::string name;
  std::string stored;  ///< the value; for arrays, how many values there are
  std::string now;
  double difference = 0.0;  ///< relative; of arrays the largest; infinite where no number says it
};

std::vector<ReproducedQuantity> compare_results(const StoredResult& stored,
                                                const StoredResult& now);

/// identical: every bit. rounding: the same outcome at the same step, and numbers that another
/// processor's rounding explains. different: anything else.
enum class Reproduction { identical, rounding, different };
Reproduction judge(const std::vector<ReproducedQuantity>& quantities);

}  // namespace vnsweep

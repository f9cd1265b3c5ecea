#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/manifest/run_spec.hpp"
#include "host/plan/run_table.hpp"
#include "kernels/engine.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// Runs that one engine trains together, and what the engine is told of them.
struct PlannedBatch {
  std::vector<RunSpec> runs;  ///< runs[k] is networks.networks[k]
  /// Its training set may have sizes and no numbers yet; run_batch() makes it, so that no more sets
  /// are in memory than are trained on.
  NetworkBatch networks;
  double cost = 0.0;  ///< predicted floating-point operations, without early stopping
};

/// Predicted floating-point operations of one step of a run, with its share of the evaluations.
/// Source: DESIGN.md section 6, 6B + 2 per parameter and step for SGD, 6B + 14 for Adam.
double step_operations(const RunSpec& spec);

/// Predicted floating-point operations of one probe, in the time that training takes for one.
double probe_operations(const RunSpec& spec);

/// Predicted floating-point operations of a run that spends its whole budget, probes included.
double predicted_cost(const RunSpec& spec);

/// The specification with everything reset that may differ inside a batch: runs of equal keys can
/// share one.
RunSpec batch_key(RunSpec spec);

/// Numbers batch keys in order of appearance. Cheap where runs of one key follow one another, as
/// they do in a grid.
class BatchKeys {
 public:
  /// @returns from 0; runs of equal batch_key() get equal numbers
  std::size_t number_of(const RunSpec& spec);

 private:
  std::optional<RunSpec> last_key_;
  std::size_t last_number_ = 0;
  std::unordered_map<std::string, std::size_t> numbers_;  ///< by the key's text
};

/// Makes the batch of runs that agree in everything but depth, scales, learning rate, momentum and
/// seed. @param data  their training set, or its sizes
/// @throws std::logic_error if they do not agree
PlannedBatch make_batch(std::vector<RunSpec> runs, std::shared_ptr<const TrainingData> data);

/// The first `runs` runs of a batch, and the others. 0 < runs < all
std::pair<PlannedBatch, PlannedBatch> split_batch(const PlannedBatch& batch, std::size_t runs);

/// What a probe of the run measures.
ProbeSpec probe_spec(const RunSpec& spec);

/// Sum of the predicted costs.
double total_cost(const RunTable& runs);
double total_cost(std::span<const RunSpec> runs);

}  // namespace vnsweep

#pragma once

#include <string>
#include <vector>

#include "tools/gpu/benchmark/measurements.hpp"

namespace vnsweep::benchmark {

/// Rows of the training table: widths 16 to 512, B 4 and 128, SGD and Adam. Those of 100 networks
/// come first, so that little time leaves out the large ones.
std::vector<TrainingCase> training_cases();

/// Such as "width 64, B 4, 100 networks, depth 100, sgd".
std::string words(const TrainingCase& shape);
std::string words(Optimizer optimizer);

/// Sizes of the matrices whose eigenvalues are computed.
std::vector<int> eigenvalue_sizes();

/// Matrices of size n that one call gets: what probes of a batch have, bounded in memory.
int eigenvalue_matrices(int n);

/// How often to repeat what takes `seconds` once: as often as the time allows, from 1 to `most`.
int repetitions_within(double seconds, double available, int most);

}  // namespace vnsweep::benchmark

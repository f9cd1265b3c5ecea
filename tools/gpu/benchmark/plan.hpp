#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/gpu/benchmark/measurements.hpp"

namespace vnsweep::benchmark {

/// Rows of the training table: widths 16 to 512, B 4 and 128, SGD and Adam, in both paths where the
/// networks fit in blocks. The most telling come first, so that little time leaves out the others:
/// SGD before Adam, B 4 before 128, 100 networks before 1000, and the two paths of a case together.
std::vector<TrainingCase> training_cases();

/// Whether the engine trains the case in the path that it names. It falls back to layer by layer.
bool is_trained_as_named(const TrainingCase& shape);

/// Seconds of one of `cases_left` cases: its share of the time, but enough for a few repetitions,
/// so that too little time leaves out the last cases in place of measuring all of them badly.
double seconds_for_case(double available, std::size_t cases_left);

/// Such as "width 64, B 4, 100 networks, depth 100, sgd, layer by layer".
std::string words(const TrainingCase& shape);
std::string words(Optimizer optimizer);
std::string words(TrainingPath path);

/// Sizes of the matrices whose eigenvalues are computed.
std::vector<int> eigenvalue_sizes();

/// Matrices of size n that one call gets: what probes of a batch have, bounded in memory.
int eigenvalue_matrices(int n);

/// How often to repeat what takes `seconds` once: as often as the time allows, from 1 to `most`.
int repetitions_within(double seconds, double available, int most);

}  // namespace vnsweep::benchmark

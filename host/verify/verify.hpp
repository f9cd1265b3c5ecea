#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/verify/compare.hpp"

namespace vnsweep {

/// A batch that covers one combination of what an engine can do.
struct VerificationCase {
  std::string name;
  NetworkBatch batch;
  StepCount steps;
};

/// Every activation, initialisation, optimizer and kind of target, widths around the vector
/// lengths, depths from 1 up, one to eleven networks, 1 to 33 samples, full and mini-batches.
std::vector<VerificationCase> verification_cases();

/// Largest errors that float32 engines may have against the reference over a case's steps.
struct Tolerances {
  double weights = 2e-6;
  double loss =
      5e-5;  ///< a rounding of 1e-7 in every weight, times depth 17, times width 100's root
  double indicators = 1e-5;  ///< VNI, spectrum, gradient RMS, Jacobian, untrained
  double trained = 1e-3;     ///< VNI and gradient RMS after training, of slightly different weights
};

/// Whether every error is within its tolerance; false for NaN.
bool is_within(const NetworkError& error, const Tolerances& tolerances);

}  // namespace vnsweep

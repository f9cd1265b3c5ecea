#pragma once

#include "kernels/network.hpp"
#include "kernels/reference/reference_statistics.hpp"

// Activations and losses of the reference engine: its own, so that it can disagree with those in
// math/ that the other engines share.
namespace vnsweep::reference {

/// phi(h); NaN passes through, and an infinite h gives the limit.
double phi(Activation activation, double h);
/// phi'(h); the kinks of relu, leaky relu and hardtanh take the flatter side, as in PyTorch.
double phi_derivative(Activation activation, double h);

/// Mean loss; not finite if an output is not.
/// @param z       outputs (samples, outputs)
/// @param target  (samples, outputs), one-hot for cross-entropy of several outputs
double mean_loss(Objective objective, const Matrix& z, const Matrix& target);
/// d mean loss / d z, (samples, outputs).
Matrix mean_loss_derivative(Objective objective, const Matrix& z, const Matrix& target);

/// Whether one sample's class is found: with one output, which side of the boundary it is on; with
/// several, whether the label's is larger than every other. False for NaN.
bool sample_correct(Objective objective, const Vector& z, const Vector& y);

}  // namespace vnsweep::reference

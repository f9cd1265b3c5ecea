#pragma once

#include "kernels/network.hpp"

namespace vnsweep {

/// Scale at which chi = scale^2 E[phi'(sqrt(q) z)^2] = 1 at a fixed point q of the recursion
/// without biases. Constants, since they are part of a run's identity.
///
/// linear, tanh, hardtanh: 1; erf: sqrt(pi) / 2; gelu, silu: 2: the fixed point is q = 0. relu and
/// leaky_relu: sqrt(2 / (1 + slope^2)): every q is fixed. sigmoid: a fixed point q > 0.
///
/// gelu and silu have no fixed point q > 0 with chi = 1: E phi^2 < q E phi'^2 for every q > 0.
/// Theirs is unstable: at this scale q grows from layer to layer, and chi with it, towards 2.
/// Source: DESIGN.md section 1, "Initialisation"; tools/oracles/mean_field.py.
double critical_scale(Activation activation);

}  // namespace vnsweep

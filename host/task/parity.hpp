#pragma once

#include "kernels/network.hpp"

namespace vnsweep {

/// All 2^bits points of {-1, 1}^bits, target 1 where the number of +1 is odd. Point p has +1 at
/// input i if bit i of p is set. Parity of two bits is xor.
TrainingData make_parity(int bits);

}  // namespace vnsweep

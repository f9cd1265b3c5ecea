#pragma once

#include <cstdint>

#include "kernels/network.hpp"

namespace vnsweep {

/// Two intertwined spirals. Sample i is of class c = i % 2 and is number k = i / 2 of the m of its
/// class, evenly spaced along the arm:
///   t = (k + 1/2) / m,  r = sqrt(6) t,  a = 2 pi turns t + pi c
///   x = (r cos a, r sin a) + noise (z_2i, z_2i+1)
/// The mean square of an input without noise is 1, as that of xor is. Computed in double.
/// z: standard normals of RandomSequence{key, 0, Stream::generated_data}.
TrainingData make_spirals(int samples, double turns, double noise, std::uint64_t key);

}  // namespace vnsweep

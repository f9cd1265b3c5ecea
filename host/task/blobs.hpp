#pragma once

#include <cstdint>

#include "kernels/network.hpp"

namespace vnsweep {

struct BlobsShape {
  int samples = 0;
  int inputs = 0;
  int classes = 0;     ///< k, at least 2
  double noise = 0.0;  ///< standard deviation of a cluster, where that of the centres is 1
};

/// Gaussian clusters, one a class. Sample i is of class i % k:
///   centres  c = z0 / sqrt(mean of z0^2 over all k * inputs of them)
///   samples  x_ij = c_(i % k),j + noise z1_(i * inputs + j)
/// z0, (k, inputs) row-major, and z1, (samples, inputs) row-major, are standard normals of
/// RandomSequence{key, t, Stream::generated_data} with t = 0 and 1. Computed in double.
TrainingData make_blobs(const BlobsShape& shape, std::uint64_t key);

}  // namespace vnsweep

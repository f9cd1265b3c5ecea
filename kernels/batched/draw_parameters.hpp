#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/batched/parameter_layout.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/philox.hpp"

namespace vnsweep::batched {

/// The networks whose parameters are drawn; pointers by network index but for `networks`.
struct DrawnNetworks {
  const std::int32_t* networks = nullptr;  ///< network index by position
  const std::uint64_t* run_key = nullptr;
  const std::int32_t* depth = nullptr;
  std::int32_t layer = 0;  ///< 0: the output layer of each network

  VNS_HD RandomSequence sequence(std::int64_t position, Stream stream) const {
    const std::int32_t network = networks[position];
    const std::int32_t tensor = layer > 0 ? layer : depth[network] + 1;
    return {run_key[network], static_cast<std::uint32_t>(tensor), stream};
  }
};

/// Parameters from N(0, (spread / divisor)^2); an item is a network, an element four of them.
struct DrawGaussian {
  DrawnNetworks drawn;
  Stream stream = Stream::weights;
  const double* spread = nullptr;  ///< by network index
  double divisor = 1.0;
  float* out = nullptr;  ///< (networks, count)
  std::int64_t count = 0;

  VNS_HD void operator()(std::int64_t item, int element) const {
    const double standard_deviation = spread[drawn.networks[item]] / divisor;
    float normals[4];
    draw_four_normals(drawn.sequence(item, stream), static_cast<std::uint64_t>(element), normals);
    for (int lane = 0; lane < 4; ++lane) {
      const std::int64_t e = std::int64_t{4} * element + lane;
      if (e < count) out[item * count + e] = static_cast<float>(standard_deviation * normals[lane]);
    }
  }
};

/// scale * Q with Q Haar-distributed; a block program, one matrix an index.
///
/// Q comes from the Gaussian matrix of the same sequence by classical Gram-Schmidt on its columns,
/// twice over, which is orthogonal to rounding (Giraud et al. 2005, "twice is enough"). R's
/// diagonal is a norm and so positive, which fixes the signs (Mezzadri 2007).
struct DrawOrthogonal {
  DrawnNetworks drawn;
  const double* scale = nullptr;  ///< by network index
  int width = 0;
  std::int64_t first = 0;          ///< position of the network at index 0
  double* matrices = nullptr;      ///< work space (indices, width, width)
  double* coefficients = nullptr;  ///< work space (indices, width)
  float* out = nullptr;            ///< (networks, width, width)

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t index) const {
    const std::int64_t position = first + index;
    const int n = width;
    const std::int64_t size = std::int64_t{1} * n * n;
    double* a = matrices + index * size;
    double* projection = coefficients + index * n;
    const RandomSequence sequence = drawn.sequence(position, Stream::weights);
    block.for_each(static_cast<int>((size + 3) / 4), [=](int quad) {
      float normals[4];
      draw_four_normals(sequence, static_cast<std::uint64_t>(quad), normals);
      for (int lane = 0; lane < 4; ++lane) {
        const std::int64_t e = std::int64_t{4} * quad + lane;
        if (e < size) a[e] = normals[lane];
      }
    });
    block.sync();
    for (int column = 0; column < n; ++column) {
      for (int pass = 0; pass < 2; ++pass) {
        block.for_each(column, [=](int i) {
          double sum = 0.0;
          for (int k = 0; k < n; ++k)
            sum += a[std::int64_t{1} * k * n + i] * a[std::int64_t{1} * k * n + column];
          projection[i] = sum;
        });
        block.sync();
        block.for_each(n, [=](int k) {
          double* row = a + std::int64_t{1} * k * n;
          double sum = 0.0;
          for (int i = 0; i < column; ++i)
            sum += projection[i] * row[i];
          row[column] -= sum;
        });
        block.sync();
      }
      const double square = block.template reduce_sum<double>(n, [=](int k) {
        const double value = a[std::int64_t{1} * k * n + column];
        return value * value;
      });
      const double norm = std::sqrt(square);
      block.for_each(n, [=](int k) { a[std::int64_t{1} * k * n + column] /= norm; });
      block.sync();
    }
    const double factor = scale[drawn.networks[position]];
    float* result = out + position * size;
    block.for_each(static_cast<int>(size),
                   [=](int e) { result[e] = static_cast<float>(factor * a[e]); });
  }
};

}  // namespace vnsweep::batched

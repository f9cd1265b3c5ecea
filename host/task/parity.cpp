#include "host/task/parity.hpp"

#include <bit>

namespace vnsweep {

TrainingData make_parity(int bits) {
  TrainingData data{.samples = 1 << bits, .inputs = bits, .outputs = 1};
  for (unsigned point = 0; point < static_cast<unsigned>(data.samples); ++point) {
    for (int i = 0; i < bits; ++i)
      data.input.push_back(((point >> i) & 1U) != 0 ? 1.0F : -1.0F);
    data.target.push_back(std::popcount(point) % 2 == 1 ? 1.0F : 0.0F);
  }
  return data;
}

}  // namespace vnsweep

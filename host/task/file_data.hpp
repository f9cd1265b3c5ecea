#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kernels/network.hpp"

namespace vnsweep {

/// A data set as files hold it, before a subset is drawn and features are scaled.
struct FileData {
  std::int64_t samples = 0;
  std::int64_t inputs = 0;
  /// (samples, inputs), row-major; finite and within float32. They stay as small as in the file.
  std::variant<std::vector<std::uint8_t>, std::vector<std::int8_t>, std::vector<std::int16_t>,
               std::vector<std::int32_t>, std::vector<float>, std::vector<double>>
      features;
  TargetKind kind = TargetKind::labels;
  std::vector<std::int32_t> classes;  ///< labels: class of each sample, 0..class_count-1
  int class_count = 0;                ///< labels: at least 2
  std::vector<double> values;         ///< values: target of each sample
};

}  // namespace vnsweep

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <variant>
#include <vector>

#include "host/task/file_data.hpp"
#include "host/task/normalize.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace vnsweep::testing {

/// What holds of every data set that was read from a file.
inline void check_data_set(const FileData& data) {
  require(data.samples > 0 && data.inputs > 0, "a data set has samples and features");
  const auto samples = static_cast<std::size_t>(data.samples);
  const std::size_t numbers = samples * static_cast<std::size_t>(data.inputs);
  std::visit([&](const auto& f) { require(f.size() == numbers, "every feature is there"); },
             data.features);
  if (data.kind == TargetKind::labels) {
    require(data.classes.size() == samples, "every sample has a label");
    require(data.class_count >= 2, "there are two classes at least");
    const auto [least, most] = std::minmax_element(data.classes.begin(), data.classes.end());
    require(*least == 0 && *most == data.class_count - 1, "classes are counted from 0");
  } else {
    require(data.values.size() == samples, "every sample has a value");
    require(std::all_of(data.values.begin(), data.values.end(),
                        [](double value) { return std::isfinite(value); }),
            "values are finite");
  }
  std::vector<std::int32_t> rows(samples);
  std::iota(rows.begin(), rows.end(), 0);
  for (const Normalization normalization :
       {Normalization::none, Normalization::feature, Normalization::global, Normalization::unit}) {
    const std::vector<float> features = normalized_features(data, rows, normalization);
    require(features.size() == numbers, "scaling keeps every feature");
    require(std::all_of(features.begin(), features.end(),
                        [](float value) { return std::isfinite(value); }),
            "scaled features are finite");
  }
}

}  // namespace vnsweep::testing

#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tools/gpu/benchmark/measurements.hpp"

namespace vnsweep::benchmark {

/// Everything that was measured, in SI units. What was not measured is null or in `left_out`.
nlohmann::ordered_json to_json(const Measurements& measurements);

/// The same as tables.
std::string to_markdown(const Measurements& measurements);

}  // namespace vnsweep::benchmark

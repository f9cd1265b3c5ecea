#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/manifest/manifest.hpp"

namespace vnsweep {

/// Axis of the values given, in their order.
Axis list_axis(const Field& field, std::vector<Value> values);

/// from, from + step, ... up to and including `to`.
Axis range_axis(const Field& field, double from, double to, double step);
/// Exact for integers of any size.
Axis integer_range_axis(const Field& field, std::int64_t from, std::uint64_t count,
                        std::int64_t step);

/// `count` values from a to b, both included, evenly spaced.
Axis linspace_axis(const Field& field, double a, double b, std::uint64_t count);

/// 10^a ... 10^b, `count` values with evenly spaced exponents, as numpy.logspace.
Axis logspace_axis(const Field& field, double a, double b, std::uint64_t count);

/// Computed values are rounded to this many significant digits, so that the third value of
/// {from: 0.1, to: 0.5, step: 0.1} is the number that 0.3 in a list is.
inline constexpr int kAxisDigits = 12;

/// Axes longer than this keep their short form in the resolved manifest.
inline constexpr std::uint64_t kMaxListedValues = 1000;

}  // namespace vnsweep

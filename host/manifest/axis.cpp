#include "host/manifest/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace vnsweep {
namespace {

double round_to_digits(double value) {
  return std::strtod(fmt::format("{:.{}g}", value, kAxisDigits).c_str(), nullptr);
}

/// Integer fields take the nearest integer, real ones the rounded number.
Value computed_value(const Field& field, double value) {
  if (field.type == FieldType::integer) return static_cast<std::int64_t>(std::llround(value));
  return round_to_digits(value);
}

Axis computed_axis(const Field& field, std::uint64_t count,
                   std::function<double(std::uint64_t)> formula, nlohmann::json short_form) {
  Axis axis{.field = &field, .count = count};
  if (count > kMaxListedValues) {
    axis.value = [&field, formula = std::move(formula)](std::uint64_t i) {
      return computed_value(field, formula(i));
    };
    axis.canonical = std::move(short_form);
    return axis;
  }
  std::vector<Value> values;
  for (std::uint64_t i = 0; i < count; ++i) {
    Value value = computed_value(field, formula(i));
    // Rounding to integers can bring neighbours together.
    if (values.empty() || values.back() != value) values.push_back(std::move(value));
  }
  return list_axis(field, std::move(values));
}

}  // namespace

Axis list_axis(const Field& field, std::vector<Value> values) {
  Axis axis{.field = &field, .count = values.size()};
  axis.canonical = nlohmann::json::array();
  for (const Value& value : values)
    axis.canonical.push_back(to_json(value));
  axis.value = [values = std::move(values)](std::uint64_t i) { return values.at(i); };
  return axis;
}

Axis integer_range_axis(const Field& field, std::int64_t from, std::uint64_t count,
                        std::int64_t step) {
  const auto value = [from, step](std::uint64_t i) {
    return Value(from + static_cast<std::int64_t>(i) * step);
  };
  if (field.name != "seed" && count <= kMaxListedValues) {
    std::vector<Value> values;
    for (std::uint64_t i = 0; i < count; ++i)
      values.push_back(value(i));
    return list_axis(field, std::move(values));
  }
  Axis axis{.field = &field, .count = count, .value = value};
  if (field.name == "seed" && step == 1) {
    axis.canonical = {{"from", from}, {"count", count}};
  } else {
    const std::int64_t to = from + static_cast<std::int64_t>(count - 1) * step;
    axis.canonical = {{"from", from}, {"to", to}, {"step", step}};
  }
  return axis;
}

Axis range_axis(const Field& field, double from, double to, double step) {
  // A last value that misses `to` by rounding only still counts.
  const double steps = std::floor((to - from) / step + 1e-9);
  const auto count = static_cast<std::uint64_t>(std::min(steps, 1e18)) + 1;
  return computed_axis(field, count,
                       [=](std::uint64_t i) { return from + static_cast<double>(i) * step; },
                       {{"from", from}, {"to", to}, {"step", step}});
}

Axis linspace_axis(const Field& field, double a, double b, std::uint64_t count) {
  const auto formula = [=](std::uint64_t i) {
    if (count == 1) return a;
    return a + (b - a) * (static_cast<double>(i) / static_cast<double>(count - 1));
  };
  return computed_axis(field, count, formula, {{"linspace", {a, b, count}}});
}

Axis logspace_axis(const Field& field, double a, double b, std::uint64_t count) {
  const auto formula = [=](std::uint64_t i) {
    const double along = count == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(count - 1);
    return std::pow(10.0, a + (b - a) * along);
  };
  return computed_axis(field, count, formula, {{"logspace", {a, b, count}}});
}

}  // namespace vnsweep

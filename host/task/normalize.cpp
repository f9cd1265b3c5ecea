#include "host/task/normalize.hpp"

#include <algorithm>

#include "host/task/scaling.hpp"

namespace vnsweep {
namespace {

/// Features of some samples, as their file has them.
template <class T>
struct Samples {
  std::span<const T> values;  ///< (all samples, inputs)
  std::size_t inputs = 0;
  std::span<const std::int32_t> rows;

  std::span<const T> row(std::size_t s) const {
    return values.subspan(static_cast<std::size_t>(rows[s]) * inputs, inputs);
  }

  /// Calls visit(feature, value) with every value.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t s = 0; s < rows.size(); ++s) {
      const std::span<const T> x = row(s);
      for (std::size_t j = 0; j < inputs; ++j)
        visit(j, static_cast<double>(x[j]));
    }
  }
};

/// @param group_of  group of a feature; all groups have equally many
template <class T, class GroupOf>
std::vector<Scaling> standard_scalings_of(const Samples<T>& samples, std::size_t groups,
                                          GroupOf group_of) {
  const auto count = static_cast<double>(samples.rows.size()) *
                     static_cast<double>(samples.inputs) / static_cast<double>(groups);
  return standard_scalings(groups, count, [&](auto visit) {
    samples.for_each([&](std::size_t j, double x) { visit(group_of(j), x); });
  });
}

template <class T>
Scaling unit_scaling(const Samples<T>& samples) {
  double least = static_cast<double>(samples.row(0)[0]);
  double greatest = least;
  samples.for_each([&](std::size_t, double x) {
    least = std::min(least, x);
    greatest = std::max(greatest, x);
  });
  return {.shift = least, .width = greatest - least};
}

/// Scaling of every feature.
template <class T>
std::vector<Scaling> scalings_of(const Samples<T>& samples, Normalization normalization) {
  switch (normalization) {
    case Normalization::feature:
      return standard_scalings_of(samples, samples.inputs, [](std::size_t j) { return j; });
    case Normalization::global:
      return {samples.inputs,
              standard_scalings_of(samples, 1, [](std::size_t) { return std::size_t{0}; })[0]};
    case Normalization::unit:
      return {samples.inputs, unit_scaling(samples)};
    case Normalization::none:
      break;
  }
  return std::vector<Scaling>(samples.inputs);
}

}  // namespace

std::vector<float> normalized_features(const FileData& data, std::span<const std::int32_t> rows,
                                       Normalization normalization) {
  return std::visit(
      [&](const auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        const Samples<T> samples{values, static_cast<std::size_t>(data.inputs), rows};
        const std::vector<Scaling> scalings = scalings_of(samples, normalization);
        std::vector<float> features;
        features.reserve(rows.size() * samples.inputs);
        samples.for_each([&](std::size_t j, double x) {
          features.push_back(static_cast<float>(scalings[j].apply(x)));
        });
        return features;
      },
      data.features);
}

}  // namespace vnsweep

#include "host/plan/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "host/theory/critical_scale.hpp"

namespace vnsweep {
namespace {

/// Of a point with an exclusion, some 50 ns each.
constexpr std::uint64_t kMaxComparisons = 2'000'000'000;

constexpr std::uint64_t kSaturated = std::numeric_limits<std::uint64_t>::max();

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kSaturated : product;
}

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kSaturated : sum;
}

std::uint64_t product_size(const std::vector<AxisGroup>& groups) {
  std::uint64_t size = 1;
  for (const AxisGroup& group : groups)
    size = saturating_product(size, group.count());
  return size;
}

/// The grid's groups with an inclusion's axes in place of those they name.
std::vector<AxisGroup> included_groups(const Manifest& manifest, const Inclusion& inclusion) {
  std::vector<AxisGroup> groups;
  const auto is_replaced = [&](const Axis& axis) {
    return std::any_of(inclusion.axes.begin(), inclusion.axes.end(),
                       [&](const Axis& other) { return other.field == axis.field; });
  };
  for (const AxisGroup& group : manifest.groups) {
    AxisGroup kept;
    for (const Axis& axis : group.axes) {
      if (!is_replaced(axis)) kept.axes.push_back(axis);
    }
    if (!kept.axes.empty()) groups.push_back(std::move(kept));
  }
  for (const Axis& axis : inclusion.axes)
    groups.push_back({{axis}});
  std::sort(groups.begin(), groups.end(), [](const AxisGroup& a, const AxisGroup& b) {
    return a.axes.front().field < b.axes.front().field;
  });
  return groups;
}

/// Calls `visit` with every point of the product of the groups, the last group varying fastest.
template <class Visit>
void for_each_point(const RunSpec& base, const std::vector<AxisGroup>& groups, Visit visit) {
  const std::uint64_t size = product_size(groups);
  for (std::uint64_t point = 0; point < size; ++point) {
    RunSpec spec = base;
    std::uint64_t rest = point;
    for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
      const std::uint64_t index = rest % group->count();
      rest /= group->count();
      for (const Axis& axis : group->axes)
        axis.field->set(spec, axis.value(index));
    }
    if (spec.scale_is_critical) {
      spec.scale = critical_scale(spec.activation);
      spec.scale_is_critical = false;
    }
    visit(spec);
  }
}

bool matches(const Exclusion& exclusion, const RunSpec& spec) {
  return std::all_of(
      exclusion.conditions.begin(), exclusion.conditions.end(),
      [&](const Exclusion::Condition& condition) {
        const Value value = condition.field->get(spec);
        const auto critical = [&](const Value& v) {
          return condition.field->name == "scale" && std::holds_alternative<std::string>(v) &&
                 spec.scale == critical_scale(spec.activation);
        };
        return std::any_of(condition.values.begin(), condition.values.end(),
                           [&](const Value& v) { return v == value || critical(v); });
      });
}

std::string size_text(std::uint64_t size) {
  return size == kSaturated ? "more than 10^19" : fmt::format("{}", size);
}

}  // namespace

std::uint64_t grid_size(const Manifest& manifest) {
  std::uint64_t size = product_size(manifest.groups);
  for (const Inclusion& inclusion : manifest.inclusions) {
    size = saturating_sum(size, product_size(included_groups(manifest, inclusion)));
  }
  return size;
}

RunTable expand_runs(const Manifest& manifest) {
  Diagnostics diagnostics(manifest.file, manifest.source);
  const std::uint64_t size = grid_size(manifest);
  if (size > kMaxRuns) {
    diagnostics.error(
        manifest.grid_position,
        fmt::format("the grid has {} runs (the limit is {}); shorten an axis or split "
                    "the sweep into several manifests",
                    size_text(size), kMaxRuns));
    diagnostics.throw_if_any();
  }
  if (size * manifest.exclusions.size() > kMaxComparisons) {
    diagnostics.error(
        manifest.exclusions.front().position,
        fmt::format("{} exclusions in a grid of {} runs would take minutes to apply; leave the "
                    "values out of the axes or split the sweep into several manifests",
                    manifest.exclusions.size(), size));
    diagnostics.throw_if_any();
  }

  RunTable runs;
  std::vector<bool> exclusion_used(manifest.exclusions.size(), false);
  for_each_point(manifest.base, manifest.groups, [&](const RunSpec& spec) {
    bool excluded = false;
    for (std::size_t k = 0; k < manifest.exclusions.size(); ++k) {
      if (!matches(manifest.exclusions[k], spec)) continue;
      exclusion_used[k] = true;
      excluded = true;
    }
    if (!excluded) runs.add(spec);
  });
  for (std::size_t k = 0; k < exclusion_used.size(); ++k) {
    if (exclusion_used[k]) continue;
    diagnostics.error(manifest.exclusions[k].position,
                      "this exclusion matches no point of the grid");
  }
  for (const Inclusion& inclusion : manifest.inclusions) {
    for_each_point(manifest.base, included_groups(manifest, inclusion),
                   [&](const RunSpec& spec) { runs.add(spec); });
  }
  // An inclusion can name a point of the grid again, and so can two forms of one number (relu at
  // 1.4142135623730951 and at critical).
  runs.remove_duplicates();

  std::set<std::string> messages;
  for (const RunSpec& spec : runs.cells()) {
    for (const SpecProblem& problem : check_spec(spec)) {
      if (!messages.insert(problem.message).second) continue;
      diagnostics.error(manifest.position_of(problem.field), problem.message);
    }
  }
  if (runs.empty() && diagnostics.empty()) {
    diagnostics.error(manifest.grid_position, "the grid has no run left: everything is excluded");
  }
  diagnostics.throw_if_any();
  return runs;
}

std::vector<RunSpec> expand_grid(const Manifest& manifest) {
  return expand_runs(manifest).to_vector();
}

}  // namespace vnsweep

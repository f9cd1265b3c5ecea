#include "host/theory/theory_notes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace vnsweep {
namespace {

/// The largest factor by which a small relative deviation of q_1 has grown at any layer. Beyond 1,
/// the fluctuations of q_l in a finite network do not die out but add up.
double growth_of_deviations(const NetworkPrior& network, double q1) {
  constexpr double kDeviation = 1e-3;
  constexpr std::int64_t kEnoughLayers = 1000;  // where q_l is going shows by then
  double q = q1;
  double deviated = q1 * (1.0 + kDeviation);
  double growth = 1.0;
  for (std::int64_t l = 2; l <= std::min(network.depth, kEnoughLayers); ++l) {
    q = next_q(network.layer, activation_moments(network.layer.activation, q));
    deviated = next_q(network.layer, activation_moments(network.layer.activation, deviated));
    if (!(q > 0.0) || !std::isfinite(deviated)) break;
    growth = std::max(growth, std::log(deviated / q) / std::log1p(kDeviation));
  }
  return growth;
}

std::string where_q_goes(const FixedPoint& fixed_point) {
  if (fixed_point.limit == QLimit::grows) {
    return "q* does not exist: q grows without bound; chi is its limit";
  }
  if (fixed_point.limit == QLimit::every) {
    return "every q is a fixed point: q stays at q_1";
  }
  return "";
}

std::string how_far_the_indicator_holds(const LayerPrediction& last) {
  // Simulated networks of width 200 depart from the formula by 5 % at most up to here.
  constexpr double kSmall = 0.25;
  if (last.local_vni > 1.0) {
    return "VNI_local exceeds 1: it is of first order in depth / width and means nothing here";
  }
  if (last.local_vni > kSmall) {
    return "VNI_local is of first order in depth / width: above 0.25 it is a rough guide";
  }
  return "";
}

}  // namespace

std::vector<std::string> theory_notes(const NetworkPrior& network, const Theory& theory) {
  std::vector<std::string> notes;
  const auto add = [&](std::string note) {
    if (!note.empty()) notes.push_back(std::move(note));
  };
  const LayerPrediction& last = theory.last;
  add(where_q_goes(theory.fixed_point));
  if (std::isinf(theory.fixed_point.depth_scale)) add("the depth scale diverges: chi = 1");
  // Simulated networks of width 200 depart from both predictions by tens of percent from here on.
  constexpr double kStrongGrowth = 1.5;
  if (growth_of_deviations(network, theory.q1) > kStrongGrowth) {
    add("q moves away from an unstable fixed point: fluctuations of a finite network add up, and "
        "it "
        "may depart widely");
  }
  if (std::isnan(last.q)) {
    add("q leaves the range of double: nothing can be predicted for the last layer");
    return notes;
  }
  const double m1 = last.m1();
  if (m1 == 0.0 || std::isinf(m1))
    add("m_1 leaves the range of double; log10_m_1 in csv and json has it");
  add(how_far_the_indicator_holds(last));
  return notes;
}

}  // namespace vnsweep

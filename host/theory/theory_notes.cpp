#include "host/theory/theory_notes.hpp"

#include <cmath>

namespace vnsweep {
namespace {

/// A q that lies between two destinations: fluctuations of a finite network decide between them.
bool is_near_a_watershed(const LayerPrior& layer, double q1) {
  // Layers of a hundred nodes move q by tens of percent within a few tens of layers.
  constexpr double kReach = 2.0;
  const FixedPoint below = find_fixed_point(layer, q1 / kReach);
  const FixedPoint above = find_fixed_point(layer, q1 * kReach);
  if (below.limit == QLimit::every || above.limit == QLimit::every) return false;
  if (below.limit != above.limit) return true;
  return below.limit == QLimit::approached &&
         std::fabs(below.q - above.q) > 0.01 * std::fabs(below.q + above.q) + 1e-9;
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
  if (is_near_a_watershed(network.layer, theory.q1)) {
    add("q_1 is close to an unstable fixed point of q: a network of finite width may depart "
        "widely");
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

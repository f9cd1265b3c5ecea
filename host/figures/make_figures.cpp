#include <utility>

#include "host/figures/drawings.hpp"
#include "host/figures/figure.hpp"
#include "host/figures/sweep_view.hpp"

namespace vnsweep::figures {

std::vector<Figure> make_figures(const std::vector<StoredRun>& runs, const Summary& summary,
                                 const ReadProbes& probes) {
  const SweepView sweep = view_sweep(runs, summary);
  std::vector<Figure> figures;
  if (sweep.runs.empty()) return figures;
  const auto add = [&](std::optional<Figure> figure) {
    if (figure) figures.push_back(std::move(*figure));
  };
  add(failure_against_depth(sweep));
  for (Figure& map : failure_maps(sweep))
    figures.push_back(std::move(map));
  add(failure_causes(sweep));
  add(nodes_against_gradients(sweep));
  add(indicator_against_depth(sweep));
  add(local_indicator_against_depth(sweep));
  add(indicator_collapse(sweep));
  add(indicator_during_training(sweep, probes));
  add(gradients_by_layer(sweep, probes));
  add(eigenvalue_spectra(sweep, probes));
  return figures;
}

}  // namespace vnsweep::figures

#pragma once

#include <optional>
#include <vector>

#include "host/figures/figure.hpp"
#include "host/figures/sweep_view.hpp"

// One function for each figure; nothing where the data do not support it.
namespace vnsweep::figures {

/// P(fail) against depth: shares with intervals, the fitted curve, depth50.
std::optional<Figure> failure_against_depth(const SweepView& sweep);

/// Heat maps of P(fail) over depth and each other numeric axis, or over two others.
std::vector<Figure> failure_maps(const SweepView& sweep);

/// Failures by cause and depth.
std::optional<Figure> failure_causes(const SweepView& sweep);

/// Indicator of the last hidden layer against the gradients' ratio at the end, by outcome.
std::optional<Figure> nodes_against_gradients(const SweepView& sweep);

/// Indicator of the last hidden layer before training against depth.
std::optional<Figure> indicator_against_depth(const SweepView& sweep);

/// The local indicator and mean-field theory, where Jacobians were measured.
std::optional<Figure> local_indicator_against_depth(const SweepView& sweep);

/// Indicator before training against depth / width.
std::optional<Figure> indicator_collapse(const SweepView& sweep);

/// VNI and N_eff of the last hidden layer during training, by outcome.
std::optional<Figure> indicator_during_training(const SweepView& sweep, const ReadProbes& probes);

/// Gradients of every layer before training.
std::optional<Figure> gradients_by_layer(const SweepView& sweep, const ReadProbes& probes);

/// Eigenvalues of the last hidden layer before training and at the end.
std::optional<Figure> eigenvalue_spectra(const SweepView& sweep, const ReadProbes& probes);

}  // namespace vnsweep::figures

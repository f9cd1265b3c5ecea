#include "kernels/cpu/training_passes.hpp"

#include <algorithm>
#include <cstddef>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/training_passes.cpp"
#include <hwy/foreach_target.h>  // recompiles this file for each instruction set
#include <hwy/highway.h>

#include "kernels/cpu/activation-inl.hpp"
#include "kernels/cpu/product-inl.hpp"
#include "kernels/cpu/transpose-inl.hpp"
#include "kernels/cpu/update_rules-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Calls body with row_lanes(outputs) as a constant.
template <class Body>
HWY_INLINE void with_row_lanes(int outputs, Body body) {
  switch (row_lanes(outputs)) {
    case 4:
      return body(std::integral_constant<int, 4>());
    case 8:
      return body(std::integral_constant<int, 8>());
    default:
      return body(std::integral_constant<int, 16>());
  }
}

// ---- forward ----

/// Pre-activations h = W x + b.
void pre_activations(const ForwardArgs& args) {
  const LayerLayout& layer = *args.layer;
  const Product product{.a = args.input,
                        .a_stride = args.input_stride,
                        .b = args.parameters + layer.offset,
                        .panel_size = layer.panel_size(),
                        .inner = layer.inputs,
                        .rows = args.samples,
                        .columns = padded(layer.outputs),
                        .bias = args.parameters + layer.bias_offset(),
                        .c = args.output,
                        .c_stride = layer.stride};
  with_row_lanes(layer.outputs, [&](auto lanes) { multiply_panels<lanes>(product); });
}

/// In place: h becomes phi(h), and phi'(h) is written.
template <class Phi>
void activate_nodes(const ForwardArgs& args) {
  with_row_lanes(args.layer->outputs, [&](auto row_lanes) {
    const Lanes<row_lanes> d;
    const int nodes = padded(args.layer->outputs);
    for (int s = 0; s < args.samples; ++s) {
      const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(s) * args.layer->stride;
      for (int i = 0; i < nodes; i += static_cast<int>(hn::Lanes(d))) {
        const auto pair = Phi::apply(d, hn::Load(d, args.output + row + i));
        hn::Store(pair.x, d, args.output + row + i);
        hn::Store(pair.derivative, d, args.derivative + row + i);
      }
    }
  });
}

// ---- backward ----

/// Weights from the kInputs nodes that begin at `first` to all outputs, the other way round.
/// @param[out] transposed  (padded outputs, kInputs); zero for inputs that there are not
template <int kInputs>
HWY_INLINE void transpose_weights(const LayerLayout& layer, const float* parameters, int first,
                                  float* transposed) {
  const int lanes = row_lanes(layer.outputs);
  const int present = std::min(layer.inputs - first, kInputs);
  for (int panel = 0; panel < panels(layer.outputs); ++panel) {
    const float* weights = parameters + layer.weight_offset(panel * lanes, first);
    float* to = transposed + static_cast<std::ptrdiff_t>(panel) * lanes * kInputs;
    transpose(
        present, lanes, [=](int j) { return weights + static_cast<std::ptrdiff_t>(j) * lanes; },
        [=](int i) { return to + static_cast<std::ptrdiff_t>(i) * kInputs; });
    for (int i = 0; i < lanes; ++i) {
      for (int j = present; j < kInputs; ++j)
        to[i * kInputs + j] = 0.0F;
    }
  }
}

/// d loss / d h of the layer below for the nodes from `first` on: (W^T delta) phi'.
template <int kInputs>
void input_delta(const BackwardArgs& args, int first, int nodes) {
  const LayerLayout& layer = *args.layer;
  const auto panel_size = static_cast<std::size_t>(padded(layer.outputs)) * kInputs;
  for (int j = 0; j < nodes; j += kInputs) {
    transpose_weights<kInputs>(
        layer, args.parameters, first + j,
        args.transposed + static_cast<std::size_t>(j / kInputs) * panel_size);
  }
  multiply_panels<kInputs>({.a = args.delta,
                            .a_stride = layer.stride,
                            .b = args.transposed,
                            .panel_size = panel_size,
                            .inner = layer.outputs,
                            .rows = args.samples,
                            .columns = nodes,
                            .factor = args.input_derivative + first,
                            .c = args.input_delta + first,
                            .c_stride = args.input_stride});
}

template <class D>
HWY_INLINE VectorConstants<hn::Vec<D>> vector_constants(D d, const UpdateConstants& constants) {
  return {hn::Set(d, constants.learning_rate), hn::Set(d, constants.momentum),
          hn::Set(d, constants.adam_step), hn::Set(d, constants.adam_root_correction)};
}

/// Gradient of the weights from kRows inputs to kVectors vectors of nodes, a sum over the samples
/// in their order, then the update.
template <class Rule, int kRow, int kRows, int kVectors, class D>
HWY_INLINE void update_tile(D d, const BackwardArgs& args, const ParameterPointers& weights,
                            int vector, int j) {
  using V = hn::Vec<D>;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  V g[kRows][kVectors];
  for (auto& row : g) {
    for (V& sum : row)
      sum = hn::Zero(d);
  }
  const float* delta = args.delta + vector * lanes;
  const float* x = args.input + j;
  for (int s = 0; s < args.samples; ++s) {
    V dh[kVectors];
    for (int v = 0; v < kVectors; ++v)
      dh[v] = hn::Load(d, delta + v * lanes);
    for (int r = 0; r < kRows; ++r) {
      const V xr = hn::Set(d, x[r]);
      for (int v = 0; v < kVectors; ++v)
        g[r][v] = hn::MulAdd(xr, dh[v], g[r][v]);
    }
    delta += args.layer->stride;
    x += args.input_stride;
  }
  const auto constants = vector_constants(d, args.constants);
  for (int v = 0; v < kVectors; ++v) {
    const std::ptrdiff_t column = vector_offset<kRow>(d, args.layer->panel_size(), vector + v);
    for (int r = 0; r < kRows; ++r)
      Rule::apply(d, constants, weights.at(column + (j + r) * kRow), g[r][v]);
  }
}

/// The same for few samples, whose delta stays in registers for all inputs.
template <class Rule, int kRow, int kSamples, int kVectors, class D>
HWY_INLINE void update_columns_of_few(D d, const BackwardArgs& args,
                                      const ParameterPointers& weights, int vector, int first,
                                      int last) {
  using V = hn::Vec<D>;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto constants = vector_constants(d, args.constants);
  V dh[kSamples][kVectors];
  std::ptrdiff_t column[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    column[v] = vector_offset<kRow>(d, args.layer->panel_size(), vector + v);
    for (int s = 0; s < kSamples; ++s)
      dh[s][v] = hn::Load(d, args.delta + s * args.layer->stride + (vector + v) * lanes);
  }
  const std::ptrdiff_t input_stride = args.input_stride;
  for (std::ptrdiff_t j = first; j < last; ++j) {
    V g[kVectors];
    for (V& sum : g)
      sum = hn::Zero(d);
    for (int s = 0; s < kSamples; ++s) {
      const V x = hn::Set(d, args.input[s * input_stride + j]);
      for (int v = 0; v < kVectors; ++v)
        g[v] = hn::MulAdd(x, dh[s][v], g[v]);
    }
    for (int v = 0; v < kVectors; ++v)
      Rule::apply(d, constants, weights.at(column[v] + j * kRow), g[v]);
  }
}

template <class Rule, int kRow, int kVectors, class D>
HWY_INLINE void update_columns(D d, const BackwardArgs& args, const ParameterPointers& weights,
                               int vector, int first, int last) {
  if (args.samples == 4) {
    return update_columns_of_few<Rule, kRow, 4, kVectors>(d, args, weights, vector, first, last);
  }
  constexpr int kRows = tile_rows(kVectors);
  int j = first;
  for (; j + kRows <= last; j += kRows)
    update_tile<Rule, kRow, kRows, kVectors>(d, args, weights, vector, j);
  for (; j < last; ++j)
    update_tile<Rule, kRow, 1, kVectors>(d, args, weights, vector, j);
}

ParameterPointers parameters_at(const BackwardArgs& args, std::size_t offset) {
  return ParameterPointers{args.parameters, args.first_moment, args.second_moment}.at(
      static_cast<std::ptrdiff_t>(offset));
}

/// Weights from the inputs first..last - 1.
template <class Rule, int kRow>
void update_weights(const BackwardArgs& args, int first, int last) {
  const Lanes<kRow> d;
  const ParameterPointers weights = parameters_at(args, args.layer->offset);
  const int vectors = padded(args.layer->outputs) / static_cast<int>(hn::Lanes(d));
  int vector = 0;
  if constexpr (kTileVectors == 4) {
    for (; vector + 4 <= vectors; vector += 4)
      update_columns<Rule, kRow, 4>(d, args, weights, vector, first, last);
  }
  for (; vector + 2 <= vectors; vector += 2)
    update_columns<Rule, kRow, 2>(d, args, weights, vector, first, last);
  for (; vector < vectors; ++vector)
    update_columns<Rule, kRow, 1>(d, args, weights, vector, first, last);
}

template <class Rule, int kRow>
void update_bias(const BackwardArgs& args) {
  const Lanes<kRow> d;
  const auto constants = vector_constants(d, args.constants);
  const ParameterPointers bias = parameters_at(args, args.layer->bias_offset());
  const int nodes = padded(args.layer->outputs);
  for (std::ptrdiff_t i = 0; i < nodes; i += static_cast<std::ptrdiff_t>(hn::Lanes(d))) {
    auto g = hn::Zero(d);
    for (int s = 0; s < args.samples; ++s)
      g = hn::Add(
          g, hn::Load(d, args.delta + s * static_cast<std::ptrdiff_t>(args.layer->stride) + i));
    Rule::apply(d, constants, bias.at(i), g);
  }
}

/// Inputs are finished one block at a time, so that their weights are in the nearest cache when
/// they are updated: they have just been read to be transposed.
template <class Rule>
void backward(const BackwardArgs& args) {
  const int inputs = args.layer->inputs;
  const int padded_inputs = padded(inputs);
  for (int first = 0; first < inputs; first += kBackwardInputs) {
    const int last = std::min(first + kBackwardInputs, inputs);
    if (args.input_delta != nullptr) {
      const int nodes = std::min(first + kBackwardInputs, padded_inputs) - first;
      with_row_lanes(inputs, [&](auto lanes) { input_delta<lanes>(args, first, nodes); });
    }
    with_row_lanes(args.layer->outputs,
                   [&](auto lanes) { update_weights<Rule, lanes>(args, first, last); });
  }
  with_row_lanes(args.layer->outputs, [&](auto lanes) { update_bias<Rule, lanes>(args); });
}

}  // namespace

void ForwardHidden(Activation activation, const ForwardArgs& args) {
  pre_activations(args);
  switch (activation) {
    case Activation::linear:
      return activate_nodes<Linear>(args);
    case Activation::tanh:
      return activate_nodes<Tanh>(args);
    case Activation::relu:
      return activate_nodes<Relu>(args);
    case Activation::hardtanh:
      return activate_nodes<Hardtanh>(args);
    case Activation::erf:
      return activate_nodes<Erf>(args);
    case Activation::sigmoid:
      return activate_nodes<Sigmoid>(args);
    case Activation::leaky_relu:
      return activate_nodes<LeakyRelu>(args);
    case Activation::gelu:
      return activate_nodes<Gelu>(args);
    case Activation::silu:
      return activate_nodes<Silu>(args);
  }
}

void ForwardOutput(const ForwardArgs& args) {
  pre_activations(args);
}

void BackwardAndUpdate(UpdateRule rule, const BackwardArgs& args) {
  switch (rule) {
    case UpdateRule::sgd:
      return backward<Sgd>(args);
    case UpdateRule::sgd_momentum:
      return backward<SgdMomentum>(args);
    case UpdateRule::adam:
      return backward<Adam>(args);
    case UpdateRule::rmsprop:
      return backward<Rmsprop>(args);
  }
}

const char* InstructionSet() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vnsweep::cpu {

HWY_EXPORT(ForwardHidden);
HWY_EXPORT(ForwardOutput);
HWY_EXPORT(BackwardAndUpdate);
HWY_EXPORT(InstructionSet);

void forward_hidden(Activation activation, const ForwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(ForwardHidden)(activation, args);
}
void forward_output(const ForwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(ForwardOutput)(args);
}
void backward_and_update(UpdateRule rule, const BackwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(BackwardAndUpdate)(rule, args);
}
const char* instruction_set() {
  return HWY_DYNAMIC_DISPATCH(InstructionSet)();
}

}  // namespace vnsweep::cpu
#endif  // HWY_ONCE

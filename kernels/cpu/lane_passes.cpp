#include "kernels/cpu/lane_passes.hpp"

#include <algorithm>
#include <cstddef>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/lane_passes.cpp"
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

/// One vector: a value of every network of the group.
using D = hn::CappedTag<float, kMostLanes>;
using V = hn::Vec<D>;

HWY_INLINE std::ptrdiff_t lanes() {
  return static_cast<std::ptrdiff_t>(hn::Lanes(D()));
}

/// Samples that are worked on at once, and outputs beside them.
constexpr int kSamples = 4;
constexpr int kTile = kTileVectors;

/// Calls body(first, count) for every tile of a layer's outputs; count is a constant.
template <class Body>
HWY_INLINE void for_each_tile(int outputs, Body body) {
  int i = 0;
  for (; i + kTile <= outputs; i += kTile)
    body(i, std::integral_constant<int, kTile>());
  for (; i < outputs; ++i)
    body(i, std::integral_constant<int, 1>());
}

/// Calls body(first, count) for every group of samples; count is a constant.
template <class Body>
HWY_INLINE void for_each_samples(int samples, Body body) {
  int s = 0;
  for (; s + kSamples <= samples; s += kSamples)
    body(s, std::integral_constant<int, kSamples>());
  for (; s < samples; ++s)
    body(s, std::integral_constant<int, 1>());
}

// ---- forward ----

/// h = W x + b for kNodes nodes and kCount samples, and what Phi makes of it.
template <class Phi, bool kHidden, int kNodes, int kCount>
HWY_INLINE void forward_tile(const LaneForwardArgs& args, int node, int sample) {
  const D d;
  const LaneLayer& layer = *args.layer;
  const float* bias = args.parameters + (layer.offset + layer.weights() + node) * lanes();
  const float* w =
      args.parameters + (layer.offset + static_cast<std::size_t>(node) * layer.inputs) * lanes();
  const float* x = args.input + sample * lanes();
  const std::ptrdiff_t x_stride = args.samples * lanes();

  V sum[kNodes][kCount];
  for (int i = 0; i < kNodes; ++i) {
    const V b = hn::Load(d, bias + i * lanes());
    for (V& s : sum[i])
      s = b;
  }
  for (int j = 0; j < layer.inputs; ++j) {
    V xs[kCount];
    for (int s = 0; s < kCount; ++s)
      xs[s] = hn::Load(d, x + s * lanes());
    for (int i = 0; i < kNodes; ++i) {
      const V wi = hn::Load(d, w + i * lanes());
      for (int s = 0; s < kCount; ++s)
        sum[i][s] = hn::MulAdd(xs[s], wi, sum[i][s]);
    }
    w += kNodes * lanes();
    x += x_stride;
  }
  for (int i = 0; i < kNodes; ++i) {
    const std::ptrdiff_t row = ((node + i) * args.samples + sample) * lanes();
    for (int s = 0; s < kCount; ++s) {
      const auto pair = Phi::apply(d, sum[i][s]);
      hn::Store(pair.x, d, args.output + row + s * lanes());
      if constexpr (kHidden) hn::Store(pair.derivative, d, args.derivative + row + s * lanes());
    }
  }
}

template <class Phi, bool kHidden>
void forward(const LaneForwardArgs& args) {
  for_each_tile(args.layer->outputs, [&](int node, auto nodes) {
    for_each_samples(args.samples, [&](int sample, auto count) {
      forward_tile<Phi, kHidden, nodes, count>(args, node, sample);
    });
  });
}

// ---- backward ----

HWY_INLINE VectorConstants<V> lane_constants(const UpdateConstants* constants) {
  HWY_ALIGN float value[4][16] = {};
  for (int n = 0; n < lanes(); ++n) {
    value[0][n] = constants[n].learning_rate;
    value[1][n] = constants[n].momentum;
    value[2][n] = constants[n].adam_step;
    value[3][n] = constants[n].adam_root_correction;
  }
  const D d;
  return {hn::Load(d, value[0]), hn::Load(d, value[1]), hn::Load(d, value[2]),
          hn::Load(d, value[3])};
}

/// Which part of d loss / d h of the layer below a tile of outputs adds to.
enum class DeltaBelow { none, first, middle, last, only };

/// What the outputs of one tile share.
template <int kNodes>
struct BackwardTile {
  const LaneBackwardArgs& args;
  int node;
  VectorConstants<V> constants;

  const float* delta(int i, int s) const {
    return args.delta + ((node + i) * static_cast<std::ptrdiff_t>(args.samples) + s) * lanes();
  }
  ParameterPointers weights() const {
    const std::size_t at = args.layer->offset + static_cast<std::size_t>(node) * args.layer->inputs;
    return ParameterPointers{args.parameters, args.first_moment, args.second_moment}.at(
        static_cast<std::ptrdiff_t>(at) * lanes());
  }
};

/// Adds kCount samples: to the gradients g of the weights from input j, and W^T delta to that
/// input's delta.
template <DeltaBelow kBelow, int kNodes, int kCount>
HWY_INLINE void add_samples(const LaneBackwardArgs& args, const V (&w)[kNodes],
                            const V (&dh)[kNodes][kCount], std::ptrdiff_t at, V (&g)[kNodes]) {
  const D d;
  for (int s = 0; s < kCount; ++s) {
    const std::ptrdiff_t here = at + s * lanes();
    const V x = hn::Load(d, args.input + here);
    for (int i = 0; i < kNodes; ++i)
      g[i] = hn::MulAdd(x, dh[i][s], g[i]);
    if constexpr (kBelow != DeltaBelow::none) {
      constexpr bool kStarts = kBelow == DeltaBelow::first || kBelow == DeltaBelow::only;
      constexpr bool kEnds = kBelow == DeltaBelow::last || kBelow == DeltaBelow::only;
      V e = kStarts ? hn::Zero(d) : hn::Load(d, args.input_delta + here);
      for (int i = 0; i < kNodes; ++i)
        e = hn::MulAdd(dh[i][s], w[i], e);
      if constexpr (kEnds) e = hn::Mul(e, hn::Load(d, args.input_derivative + here));
      hn::Store(e, d, args.input_delta + here);
    }
  }
}

template <int kNodes, int kCount>
HWY_INLINE void load_delta(const BackwardTile<kNodes>& tile, int sample, V (&dh)[kNodes][kCount]) {
  for (int i = 0; i < kNodes; ++i) {
    for (int s = 0; s < kCount; ++s)
      dh[i][s] = hn::Load(D(), tile.delta(i, sample + s));
  }
}

/// Weights from input j of one tile: gradient over all samples, delta below, update.
template <class Rule, int kNodes, class AddAllSamples>
HWY_INLINE void update_input(const BackwardTile<kNodes>& tile, const ParameterPointers& weights,
                             AddAllSamples add_all_samples) {
  const D d;
  V w[kNodes];
  V g[kNodes];
  for (int i = 0; i < kNodes; ++i) {
    w[i] = hn::Load(d, weights.value + i * lanes());
    g[i] = hn::Zero(d);
  }
  add_all_samples(w, g);
  for (int i = 0; i < kNodes; ++i)
    Rule::apply(d, tile.constants, weights.at(i * lanes()), g[i]);
}

template <class Rule, DeltaBelow kBelow, int kNodes>
HWY_INLINE void backward_tile(const BackwardTile<kNodes>& tile) {
  const LaneBackwardArgs& args = tile.args;
  const std::ptrdiff_t plane = args.samples * lanes();
  ParameterPointers weights = tile.weights();
  if (args.samples == kSamples) {
    V dh[kNodes][kSamples];  // stays in registers for all inputs
    load_delta(tile, 0, dh);
    for (int j = 0; j < args.layer->inputs; ++j) {
      update_input<Rule>(tile, weights, [&](const auto& w, auto& g) {
        add_samples<kBelow>(args, w, dh, j * plane, g);
      });
      weights = weights.at(kNodes * lanes());
    }
    return;
  }
  for (int j = 0; j < args.layer->inputs; ++j) {
    update_input<Rule>(tile, weights, [&](const auto& w, auto& g) {
      for_each_samples(args.samples, [&](int sample, auto count) {
        V dh[kNodes][count];
        load_delta(tile, sample, dh);
        add_samples<kBelow>(args, w, dh, j * plane + sample * lanes(), g);
      });
    });
    weights = weights.at(kNodes * lanes());
  }
}

template <class Rule>
void update_bias(const LaneBackwardArgs& args, const VectorConstants<V>& constants) {
  const D d;
  const ParameterPointers bias =
      ParameterPointers{args.parameters, args.first_moment, args.second_moment}.at(
          static_cast<std::ptrdiff_t>(args.layer->offset + args.layer->weights()) * lanes());
  for (int i = 0; i < args.layer->outputs; ++i) {
    V g = hn::Zero(d);
    for (int s = 0; s < args.samples; ++s)
      g = hn::Add(g, hn::Load(d, args.delta + (i * args.samples + s) * lanes()));
    Rule::apply(d, constants, bias.at(i * lanes()), g);
  }
}

template <class Rule>
void backward(const LaneBackwardArgs& args) {
  const VectorConstants<V> constants = lane_constants(args.constants);
  const int outputs = args.layer->outputs;
  for_each_tile(outputs, [&](int node, auto nodes) {
    const BackwardTile<nodes> tile{args, node, constants};
    const bool is_first = node == 0;
    const bool is_last = node + nodes == outputs;
    if (args.input_delta == nullptr) {
      backward_tile<Rule, DeltaBelow::none>(tile);
    } else if (is_first && is_last) {
      backward_tile<Rule, DeltaBelow::only>(tile);
    } else if (is_first) {
      backward_tile<Rule, DeltaBelow::first>(tile);
    } else if (is_last) {
      backward_tile<Rule, DeltaBelow::last>(tile);
    } else {
      backward_tile<Rule, DeltaBelow::middle>(tile);
    }
  });
  update_bias<Rule>(args, constants);
}

// ---- between networks and lanes ----

/// Calls move(row, vector, count) for every row of at most 16 parameters that lie side by side in a
/// network: `row` is its offset there, and vector(k) the vector of its k-th parameter.
template <class Move>
HWY_INLINE void for_each_row(const NetworkLayout& network, const LaneLayout& group, Move move) {
  for (std::size_t l = 0; l < group.layers.size(); ++l) {
    const LayerLayout& from = network.layers[l];
    const LaneLayer& to = group.layers[l];
    const int step = row_lanes(from.outputs);
    const int tiled = to.outputs / kTile * kTile;
    for (int i = 0; i < from.outputs; i += step) {
      const int count = std::min(step, from.outputs - i);
      for (int j = 0; j < from.inputs; ++j) {
        move(from.weight_offset(i, j), count, [&](int k) {
          const int node = i + k;
          const int first = node < tiled ? node / kTile * kTile : node;
          const int width = node < tiled ? kTile : 1;
          return to.offset + static_cast<std::size_t>(first * to.inputs + j * width + node - first);
        });
      }
      move(from.bias_offset() + static_cast<std::size_t>(i), count,
           [&](int k) { return to.offset + to.weights() + static_cast<std::size_t>(i + k); });
    }
  }
}

/// Calls move(networks, parameters, of_network, of_group) for every row of parameters:
/// of_network(n) points at the row in network n, of_group(k) at the vector of its k-th parameter.
/// Where lanes are empty, networks are moved one by one.
template <class Network, class Group, class Move>
HWY_INLINE void move_parameters(const NetworkLayout& network, const LaneLayout& group,
                                Network* const* networks, Group* vectors, Move move) {
  const int count = static_cast<int>(lanes());
  const bool is_full =
      std::all_of(networks, networks + count, [](const float* n) { return n != nullptr; });
  for_each_row(network, group, [&](std::size_t row, int nodes, auto vector) {
    const auto of_group = [=](int k) {
      return vectors + vector(k) * static_cast<std::size_t>(count);
    };
    if (is_full) {
      move(
          count, nodes, [=](int n) { return networks[n] + row; }, of_group);
      return;
    }
    for (int n = 0; n < count; ++n) {
      if (networks[n] == nullptr) continue;
      move(
          1, nodes, [=](int) { return networks[n] + row; }, [=](int k) { return of_group(k) + n; });
    }
  });
}

}  // namespace

void ForwardHiddenLanes(Activation activation, const LaneForwardArgs& args) {
  switch (activation) {
    case Activation::linear:
      return forward<Linear, true>(args);
    case Activation::tanh:
      return forward<Tanh, true>(args);
    case Activation::relu:
      return forward<Relu, true>(args);
    case Activation::hardtanh:
      return forward<Hardtanh, true>(args);
    case Activation::erf:
      return forward<Erf, true>(args);
    case Activation::sigmoid:
      return forward<Sigmoid, true>(args);
    case Activation::leaky_relu:
      return forward<LeakyRelu, true>(args);
    case Activation::gelu:
      return forward<Gelu, true>(args);
    case Activation::silu:
      return forward<Silu, true>(args);
  }
}

void ForwardOutputLanes(const LaneForwardArgs& args) {
  forward<Linear, false>(args);
}

void BackwardAndUpdateLanes(UpdateRule rule, const LaneBackwardArgs& args) {
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

void LoadLanes(const NetworkLayout& network, const LaneLayout& group, const float* const* networks,
               float* vectors) {
  move_parameters(network, group, networks, vectors,
                  [](int count, int nodes, auto of_network, auto of_group) {
                    transpose(count, nodes, of_network, of_group);
                  });
}

void StoreLanes(const NetworkLayout& network, const LaneLayout& group, const float* vectors,
                float* const* networks) {
  move_parameters(network, group, networks, vectors,
                  [](int count, int nodes, auto of_network, auto of_group) {
                    transpose(nodes, count, of_group, of_network);
                  });
}

void SpreadRows(const float* const* rows, int columns, std::ptrdiff_t stride, float* vectors) {
  transpose(
      static_cast<int>(lanes()), columns, [=](int n) { return rows[n]; },
      [=](int k) { return vectors + k * stride; });
}

int LaneCount() {
  return static_cast<int>(lanes());
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vnsweep::cpu {

HWY_EXPORT(ForwardHiddenLanes);
HWY_EXPORT(ForwardOutputLanes);
HWY_EXPORT(BackwardAndUpdateLanes);
HWY_EXPORT(LoadLanes);
HWY_EXPORT(StoreLanes);
HWY_EXPORT(SpreadRows);
HWY_EXPORT(LaneCount);

LaneLayout::LaneLayout(const NetworkBatch& batch, int depth) {
  for (int l = 1; l <= depth + 1; ++l) {
    const LayerShape shape = layer_shape(batch, depth, LayerIndex(l));
    layers.push_back({shape.inputs, shape.outputs, size});
    size += layers.back().size();
  }
}

int lane_count() {
  return HWY_DYNAMIC_DISPATCH(LaneCount)();
}
void load_lanes(const NetworkLayout& network_layout, const LaneLayout& layout,
                const float* const* networks, float* vectors) {
  HWY_DYNAMIC_DISPATCH(LoadLanes)(network_layout, layout, networks, vectors);
}
void store_lanes(const NetworkLayout& network_layout, const LaneLayout& layout,
                 const float* vectors, float* const* networks) {
  HWY_DYNAMIC_DISPATCH(StoreLanes)(network_layout, layout, vectors, networks);
}
void spread_rows(const float* const* rows, int columns, std::ptrdiff_t stride, float* vectors) {
  HWY_DYNAMIC_DISPATCH(SpreadRows)(rows, columns, stride, vectors);
}
void forward_hidden_lanes(Activation activation, const LaneForwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(ForwardHiddenLanes)(activation, args);
}
void forward_output_lanes(const LaneForwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(ForwardOutputLanes)(args);
}
void backward_and_update_lanes(UpdateRule rule, const LaneBackwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(BackwardAndUpdateLanes)(rule, args);
}

}  // namespace vnsweep::cpu
#endif  // HWY_ONCE

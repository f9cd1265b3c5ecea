#include "kernels/cpu/training_passes.hpp"

#include <array>
#include <cstddef>
#include <type_traits>

#include "kernels/math/optimizer_constants.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/training_passes.cpp"
#include <hwy/foreach_target.h>  // recompiles this file for each instruction set
#include <hwy/highway.h>

#include "kernels/cpu/activation-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <int kLanes>
using Lanes = hn::CappedTag<float, kLanes>;

/// The output layer: logits are the pre-activations.
struct NoActivation : Linear {};

// ---- forward ----

/// kSamples samples times kVectors vectors of nodes, accumulated in registers over the inputs.
template <class Phi, int kSamples, int kVectors, class D>
HWY_INLINE void forward_tile(D d, const ForwardArgs& args, int sample, int node) {
  using V = hn::Vec<D>;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t stride = args.layer->stride;
  const std::ptrdiff_t input_stride = args.input_stride;
  const float* weights = args.parameters + args.layer->offset + node;
  const float* bias = args.parameters + args.layer->bias_offset() + node;
  const float* input = args.input + sample * input_stride;

  V sum[kSamples][kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const V b = hn::Load(d, bias + v * lanes);
    for (int s = 0; s < kSamples; ++s)
      sum[s][v] = b;
  }
  for (std::ptrdiff_t j = 0; j < args.layer->inputs; ++j) {
    V w[kVectors];
    for (int v = 0; v < kVectors; ++v)
      w[v] = hn::Load(d, weights + j * stride + v * lanes);
    for (int s = 0; s < kSamples; ++s) {
      const V x = hn::Set(d, input[s * input_stride + j]);
      for (int v = 0; v < kVectors; ++v)
        sum[s][v] = hn::MulAdd(x, w[v], sum[s][v]);
    }
  }
  for (int s = 0; s < kSamples; ++s) {
    const std::ptrdiff_t row = (sample + s) * stride + node;
    for (int v = 0; v < kVectors; ++v) {
      const auto pair = Phi::apply(d, sum[s][v]);
      hn::Store(pair.x, d, args.output + row + v * lanes);
      if constexpr (!std::is_same_v<Phi, NoActivation>) {
        hn::Store(pair.derivative, d, args.derivative + row + v * lanes);
      }
    }
  }
}

template <class Phi, int kSamples, class D>
HWY_INLINE void forward_rows(D d, const ForwardArgs& args, int sample) {
  const int lanes = static_cast<int>(hn::Lanes(d));
  int node = 0;
  for (; node + 2 * lanes <= args.layer->stride; node += 2 * lanes) {
    forward_tile<Phi, kSamples, 2>(d, args, sample, node);
  }
  for (; node < args.layer->stride; node += lanes) {
    forward_tile<Phi, kSamples, 1>(d, args, sample, node);
  }
}

template <class Phi, int kLanes>
void forward_layer(const ForwardArgs& args) {
  const Lanes<kLanes> d;
  int sample = 0;
  for (; sample + 4 <= args.samples; sample += 4)
    forward_rows<Phi, 4>(d, args, sample);
  for (; sample < args.samples; ++sample)
    forward_rows<Phi, 1>(d, args, sample);
}

template <class Phi>
void forward(const ForwardArgs& args) {
  switch (row_lanes(args.layer->outputs)) {
    case 4:
      return forward_layer<Phi, 4>(args);
    case 8:
      return forward_layer<Phi, 8>(args);
    default:
      return forward_layer<Phi, 16>(args);
  }
}

// ---- backward ----

/// d loss / d h of the layer below for one node and sample: (W^T delta) phi'.
template <class D>
HWY_INLINE void input_delta_one(D d, const BackwardArgs& args, int j, int sample) {
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t stride = args.layer->stride;
  const float* weights = args.parameters + args.layer->offset + j * stride;
  const float* delta = args.delta + sample * stride;
  auto sum = hn::Zero(d);
  for (std::ptrdiff_t i = 0; i < stride; i += lanes) {
    sum = hn::MulAdd(hn::Load(d, weights + i), hn::Load(d, delta + i), sum);
  }
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(sample) * args.input_stride + j;
  args.input_delta[at] = hn::GetLane(hn::SumOfLanes(d, sum)) * args.input_derivative[at];
}

#if HWY_TARGET == HWY_SCALAR

/// Without vectors there is nothing to gain from four rows at a time.
template <int kSamples, class D>
void input_delta_four(D d, const BackwardArgs& args, int j, int sample) {
  for (int r = 0; r < 4; ++r) {
    for (int s = 0; s < kSamples; ++s)
      input_delta_one(d, args, j + r, sample + s);
  }
}

#else

/// Sums over the lanes of four vectors: lane k of the result is the sum of vector k.
template <class D, class V>
HWY_INLINE hn::Vec<hn::FixedTag<float, 4> > sums_of_four(D d, V a, V b, V c, V e) {
  const V ac = hn::Add(hn::InterleaveLower(d, a, c), hn::InterleaveUpper(d, a, c));
  const V be = hn::Add(hn::InterleaveLower(d, b, e), hn::InterleaveUpper(d, b, e));
  const V blocks = hn::Add(hn::InterleaveLower(d, ac, be), hn::InterleaveUpper(d, ac, be));
  // Each 128-bit block now holds the four partial sums; add the blocks.
  const hn::FixedTag<float, 4> d4;
  HWY_ALIGN float partial[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(blocks, d, partial);
  auto sum = hn::Load(d4, partial);
  for (std::size_t k = 4; k < hn::Lanes(d); k += 4) {
    sum = hn::Add(sum, hn::Load(d4, partial + k));
  }
  return sum;
}

/// d loss / d h of the layer below for nodes j..j+3.
template <int kSamples, class D>
HWY_INLINE void input_delta_four(D d, const BackwardArgs& args, int j, int sample) {
  using V = hn::Vec<D>;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t stride = args.layer->stride;
  const float* weights = args.parameters + args.layer->offset + j * stride;
  const float* delta = args.delta + sample * stride;
  V sum[4][kSamples];
  for (auto& row : sum) {
    for (V& s : row)
      s = hn::Zero(d);
  }
  for (std::ptrdiff_t i = 0; i < stride; i += lanes) {
    V dh[kSamples];
    for (int s = 0; s < kSamples; ++s)
      dh[s] = hn::Load(d, delta + s * stride + i);
    for (int r = 0; r < 4; ++r) {
      const V w = hn::Load(d, weights + r * stride + i);
      for (int s = 0; s < kSamples; ++s)
        sum[r][s] = hn::MulAdd(w, dh[s], sum[r][s]);
    }
  }
  const hn::FixedTag<float, 4> d4;
  for (int s = 0; s < kSamples; ++s) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(sample + s) * args.input_stride + j;
    const auto total = sums_of_four(d, sum[0][s], sum[1][s], sum[2][s], sum[3][s]);
    hn::StoreU(hn::Mul(total, hn::LoadU(d4, args.input_derivative + at)), d4,
               args.input_delta + at);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

// ---- update rules: one vector of parameters, its gradient and its state ----

struct Sgd {
  template <class D, class V>
  static HWY_INLINE void apply(D d, const BackwardArgs& args, std::size_t at, V g) {
    float* w = args.parameters + at;
    const V lr = hn::Set(d, args.constants.learning_rate);
    hn::Store(hn::NegMulAdd(lr, g, hn::Load(d, w)), d, w);
  }
};

struct SgdMomentum {
  template <class D, class V>
  static HWY_INLINE void apply(D d, const BackwardArgs& args, std::size_t at, V g) {
    float* buffer = args.first_moment + at;
    const V m = hn::MulAdd(hn::Set(d, args.constants.momentum), hn::Load(d, buffer), g);
    hn::Store(m, d, buffer);
    Sgd::apply(d, args, at, m);
  }
};

struct Adam {
  template <class D, class V>
  static HWY_INLINE void apply(D d, const BackwardArgs& args, std::size_t at, V g) {
    float* w = args.parameters + at;
    float* first = args.first_moment + at;
    float* second = args.second_moment + at;
    const V beta1 = hn::Set(d, static_cast<float>(kAdamBeta1));
    const V beta2 = hn::Set(d, static_cast<float>(kAdamBeta2));
    const V rest1 = hn::Set(d, static_cast<float>(1.0 - kAdamBeta1));
    const V rest2 = hn::Set(d, static_cast<float>(1.0 - kAdamBeta2));
    const V m = hn::MulAdd(beta1, hn::Load(d, first), hn::Mul(rest1, g));
    const V v = hn::MulAdd(beta2, hn::Load(d, second), hn::Mul(rest2, hn::Mul(g, g)));
    hn::Store(m, d, first);
    hn::Store(v, d, second);
    const V root = hn::MulAdd(hn::Sqrt(v), hn::Set(d, args.constants.adam_root_correction),
                              hn::Set(d, static_cast<float>(kAdamEpsilon)));
    const V step = hn::Div(hn::Mul(hn::Set(d, args.constants.adam_step), m), root);
    hn::Store(hn::Sub(hn::Load(d, w), step), d, w);
  }
};

struct Rmsprop {
  template <class D, class V>
  static HWY_INLINE void apply(D d, const BackwardArgs& args, std::size_t at, V g) {
    float* w = args.parameters + at;
    float* second = args.second_moment + at;
    const V alpha = hn::Set(d, static_cast<float>(kRmspropAlpha));
    const V rest = hn::Set(d, static_cast<float>(1.0 - kRmspropAlpha));
    const V v = hn::MulAdd(alpha, hn::Load(d, second), hn::Mul(rest, hn::Mul(g, g)));
    hn::Store(v, d, second);
    const V root = hn::Add(hn::Sqrt(v), hn::Set(d, static_cast<float>(kRmspropEpsilon)));
    const V step = hn::Div(hn::Mul(hn::Set(d, args.constants.learning_rate), g), root);
    hn::Store(hn::Sub(hn::Load(d, w), step), d, w);
  }
};

/// Gradient of kRows weight rows from input node j on, summed over the samples, then the update.
template <class Rule, int kRows, class D>
HWY_INLINE void update_rows(D d, const BackwardArgs& args, int j) {
  using V = hn::Vec<D>;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t stride = args.layer->stride;
  const std::size_t weights = args.layer->offset + static_cast<std::size_t>(j) * args.layer->stride;
  for (std::ptrdiff_t i = 0; i < stride; i += lanes) {
    V g[kRows];
    for (V& row : g)
      row = hn::Zero(d);
    for (int s = 0; s < args.samples; ++s) {
      const V dh = hn::Load(d, args.delta + s * stride + i);
      const float* x = args.input + static_cast<std::ptrdiff_t>(s) * args.input_stride + j;
      for (int r = 0; r < kRows; ++r)
        g[r] = hn::MulAdd(hn::Set(d, x[r]), dh, g[r]);
    }
    for (int r = 0; r < kRows; ++r) {
      Rule::apply(d, args, weights + static_cast<std::size_t>(r * stride + i), g[r]);
    }
  }
}

template <class Rule, class D>
HWY_INLINE void update_bias(D d, const BackwardArgs& args) {
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t stride = args.layer->stride;
  for (std::ptrdiff_t i = 0; i < stride; i += lanes) {
    auto g = hn::Zero(d);
    for (int s = 0; s < args.samples; ++s) {
      g = hn::Add(g, hn::Load(d, args.delta + s * stride + i));
    }
    Rule::apply(d, args, args.layer->bias_offset() + static_cast<std::size_t>(i), g);
  }
}

/// Rows are finished one group at a time, so that the weights are read from memory once.
template <class Rule, int kLanes>
void backward_layer(const BackwardArgs& args) {
  const Lanes<kLanes> d;
  int j = 0;
  for (; j + 4 <= args.layer->inputs; j += 4) {
    if (args.input_delta != nullptr) {
      int sample = 0;
      for (; sample + 4 <= args.samples; sample += 4)
        input_delta_four<4>(d, args, j, sample);
      for (; sample < args.samples; ++sample)
        input_delta_four<1>(d, args, j, sample);
    }
    update_rows<Rule, 4>(d, args, j);
  }
  for (; j < args.layer->inputs; ++j) {
    if (args.input_delta != nullptr) {
      for (int sample = 0; sample < args.samples; ++sample)
        input_delta_one(d, args, j, sample);
    }
    update_rows<Rule, 1>(d, args, j);
  }
  update_bias<Rule>(d, args);
}

template <class Rule>
void backward(const BackwardArgs& args) {
  switch (row_lanes(args.layer->outputs)) {
    case 4:
      return backward_layer<Rule, 4>(args);
    case 8:
      return backward_layer<Rule, 8>(args);
    default:
      return backward_layer<Rule, 16>(args);
  }
}

}  // namespace

void ForwardHidden(Activation activation, const ForwardArgs& args) {
  switch (activation) {
    case Activation::linear:
      return forward<Linear>(args);
    case Activation::tanh:
      return forward<Tanh>(args);
    case Activation::relu:
      return forward<Relu>(args);
    case Activation::hardtanh:
      return forward<Hardtanh>(args);
    case Activation::erf:
      return forward<Erf>(args);
    case Activation::sigmoid:
      return forward<Sigmoid>(args);
    case Activation::leaky_relu:
      return forward<LeakyRelu>(args);
    case Activation::gelu:
      return forward<Gelu>(args);
    case Activation::silu:
      return forward<Silu>(args);
  }
}

void ForwardOutput(const ForwardArgs& args) {
  forward<NoActivation>(args);
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

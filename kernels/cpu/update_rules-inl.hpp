// The optimizers on vectors of parameters. Compiled once for each instruction set, hence no #pragma
// once.
#if defined(VNSWEEP_CPU_UPDATE_RULES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VNSWEEP_CPU_UPDATE_RULES_INL
#undef VNSWEEP_CPU_UPDATE_RULES_INL
#else
#define VNSWEEP_CPU_UPDATE_RULES_INL
#endif

#include <hwy/highway.h>

#include "kernels/math/optimizer_constants.hpp"

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// UpdateConstants, a vector each.
template <class V>
struct VectorConstants {
  V learning_rate;
  V momentum;
  V adam_step;
  V adam_root_correction;
};

/// Parameters of one vector, and what the optimizer remembers of them.
struct ParameterPointers {
  float* value = nullptr;
  float* first_moment = nullptr;   ///< momentum buffer or Adam's m
  float* second_moment = nullptr;  ///< Adam's or RMSprop's v

  HWY_INLINE ParameterPointers at(std::ptrdiff_t offset) const {
    return {value + offset, first_moment + offset, second_moment + offset};
  }
};

struct Sgd {
  template <class D, class V>
  static HWY_INLINE void apply(D d, const VectorConstants<V>& constants, const ParameterPointers& p,
                               V g) {
    hn::Store(hn::NegMulAdd(constants.learning_rate, g, hn::Load(d, p.value)), d, p.value);
  }
};

struct SgdMomentum {
  template <class D, class V>
  static HWY_INLINE void apply(D d, const VectorConstants<V>& constants, const ParameterPointers& p,
                               V g) {
    const V m = hn::MulAdd(constants.momentum, hn::Load(d, p.first_moment), g);
    hn::Store(m, d, p.first_moment);
    Sgd::apply(d, constants, p, m);
  }
};

struct Adam {
  template <class D, class V>
  static HWY_INLINE void apply(D d, const VectorConstants<V>& constants, const ParameterPointers& p,
                               V g) {
    const V beta1 = hn::Set(d, static_cast<float>(kAdamBeta1));
    const V beta2 = hn::Set(d, static_cast<float>(kAdamBeta2));
    const V rest1 = hn::Set(d, static_cast<float>(1.0 - kAdamBeta1));
    const V rest2 = hn::Set(d, static_cast<float>(1.0 - kAdamBeta2));
    const V m = hn::MulAdd(beta1, hn::Load(d, p.first_moment), hn::Mul(rest1, g));
    const V v = hn::MulAdd(beta2, hn::Load(d, p.second_moment), hn::Mul(rest2, hn::Mul(g, g)));
    hn::Store(m, d, p.first_moment);
    hn::Store(v, d, p.second_moment);
    const V root = hn::MulAdd(hn::Sqrt(v), constants.adam_root_correction,
                              hn::Set(d, static_cast<float>(kAdamEpsilon)));
    const V step = hn::Div(hn::Mul(constants.adam_step, m), root);
    hn::Store(hn::Sub(hn::Load(d, p.value), step), d, p.value);
  }
};

struct Rmsprop {
  template <class D, class V>
  static HWY_INLINE void apply(D d, const VectorConstants<V>& constants, const ParameterPointers& p,
                               V g) {
    const V alpha = hn::Set(d, static_cast<float>(kRmspropAlpha));
    const V rest = hn::Set(d, static_cast<float>(1.0 - kRmspropAlpha));
    const V v = hn::MulAdd(alpha, hn::Load(d, p.second_moment), hn::Mul(rest, hn::Mul(g, g)));
    hn::Store(v, d, p.second_moment);
    const V root = hn::Add(hn::Sqrt(v), hn::Set(d, static_cast<float>(kRmspropEpsilon)));
    const V step = hn::Div(hn::Mul(constants.learning_rate, g), root);
    hn::Store(hn::Sub(hn::Load(d, p.value), step), d, p.value);
  }
};

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // VNSWEEP_CPU_UPDATE_RULES_INL

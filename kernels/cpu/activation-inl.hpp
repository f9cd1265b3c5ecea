// Vector activations. Compiled once for each instruction set, hence no #pragma once.
#if defined(VNSWEEP_CPU_ACTIVATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VNSWEEP_CPU_ACTIVATION_INL
#undef VNSWEEP_CPU_ACTIVATION_INL
#else
#define VNSWEEP_CPU_ACTIVATION_INL
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Output and derivative of an activation at the same pre-activation.
template <class V>
struct ActivationPair {
  V x;           ///< phi(h)
  V derivative;  ///< phi'(h)
};

/// tanh(h), float32: h P(h^2) / Q(h^2) with both of degree 4, least maximum relative error on
/// [0, 8.4], beyond which float tanh is 1. Within 5 ulp; the result never exceeds 1; NaN stays NaN.
template <class D, class V>
HWY_INLINE V tanh_vector(D d, V h, float /*precision*/) {
  const V limit = hn::Set(d, 8.4F);
  const V clamped = hn::Min(hn::Max(h, hn::Neg(limit)), limit);
  const V t = hn::Mul(clamped, clamped);
  V p = hn::Set(d, 1.4457502750531148e-08F);
  p = hn::MulAdd(p, t, hn::Set(d, 2.1379542886279523e-05F));
  p = hn::MulAdd(p, t, hn::Set(d, 0.0035416041500866413F));
  p = hn::MulAdd(p, t, hn::Set(d, 0.13419568538665771F));
  p = hn::MulAdd(p, t, hn::Set(d, 1.0F));
  V q = hn::Set(d, 8.219824394473108e-07F);
  q = hn::MulAdd(q, t, hn::Set(d, 0.00033614051062613726F));
  q = hn::MulAdd(q, t, hn::Set(d, 0.026051389053463936F));
  q = hn::MulAdd(q, t, hn::Set(d, 0.46752893924713135F));
  q = hn::MulAdd(q, t, hn::Set(d, 1.0F));
  const V one = hn::Set(d, 1.0F);
  const V ratio = hn::Div(hn::Mul(clamped, p), q);
  const V bounded = hn::Min(hn::Max(ratio, hn::Neg(one)), one);
  // Exactly one where float tanh is, so that the derivative of a saturated node is exactly zero.
  const V saturated = hn::IfThenElse(hn::Ge(hn::Abs(h), limit), hn::CopySign(one, h), bounded);
  return hn::IfThenElse(hn::Eq(h, h), saturated, h);
}

/// tanh(h), float64, within 4 ulp.
template <class D, class V>
HWY_INLINE V tanh_vector(D d, V h, double /*precision*/) {
  return hn::IfThenElse(hn::Eq(h, h), hn::Tanh(d, h), h);
}

struct Linear {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    return {h, hn::Set(d, hn::TFromD<D>(1))};
  }
};

struct Tanh {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    using T = hn::TFromD<D>;
    const V x = tanh_vector(d, h, T(0));
    return {x, hn::NegMulAdd(x, x, hn::Set(d, T(1)))};
  }
};

struct Relu {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    using T = hn::TFromD<D>;
    const V zero = hn::Zero(d);
    return {hn::IfThenElse(hn::Le(h, zero), zero, h),
            hn::IfThenElseZero(hn::Gt(h, zero), hn::Set(d, T(1)))};
  }
};

struct Hardtanh {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    using T = hn::TFromD<D>;
    const V one = hn::Set(d, T(1));
    const V low = hn::IfThenElse(hn::Lt(h, hn::Neg(one)), hn::Neg(one), h);
    return {hn::IfThenElse(hn::Gt(h, one), one, low),
            hn::IfThenElseZero(hn::Lt(hn::Abs(h), one), one)};
  }
};

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // VNSWEEP_CPU_ACTIVATION_INL

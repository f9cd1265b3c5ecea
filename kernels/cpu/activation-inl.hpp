// Vector activations. Compiled once for each instruction set, hence no #pragma once.
#if defined(VNSWEEP_CPU_ACTIVATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VNSWEEP_CPU_ACTIVATION_INL
#undef VNSWEEP_CPU_ACTIVATION_INL
#else
#define VNSWEEP_CPU_ACTIVATION_INL
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cstdint>

#include "kernels/math/activation.hpp"

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Output and derivative of an activation at the same pre-activation.
template <class V>
struct ActivationPair {
  V x;           ///< phi(h)
  V derivative;  ///< phi'(h)
};

/// The smaller of a bound and v; NaN where v is NaN.
template <class D, class V>
HWY_INLINE V at_most(D /*d*/, V bound, V v) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Min(bound, v);  // the second if there is a NaN
#else
  return hn::IfThenElse(hn::Gt(v, bound), bound, v);
#endif
}

/// tanh(h), float32: h P(h^2) / Q(h^2) with both of degree 4, least maximum relative error on
/// [0, 8.4]; from there to 8.9, where the quotient is above 1, it is within 2 ulp of it. Within
/// 5 ulp; the result never exceeds 1; where it is 1, the derivative is exactly zero; NaN stays NaN.
template <class D, class V>
HWY_INLINE V tanh_vector(D d, V h, float /*precision*/) {
  const V one = hn::Set(d, 1.0F);
  const V clamped = at_most(d, hn::Set(d, 8.9F), hn::Abs(h));
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
  const V ratio = hn::Div(hn::Mul(clamped, p), q);
  return hn::CopySign(at_most(d, one, ratio), h);
}

/// tanh(h), float64, within 4 ulp; the result never exceeds 1; NaN stays NaN.
/// With |h| = k ln(2) / 2 + r and tanh(r) = R / S, |r| <= ln(2) / 4,
///     tanh |h| = ((2^k - 1) S + (2^k + 1) R) / ((2^k + 1) S + (2^k - 1) R),
/// whose denominator is its numerator plus 2 (S - R). R / r and S are the polynomials of degree 2
/// in r^2 whose quotient is nearest to tanh(r) / r, within 5.5e-18.
template <class D, class V>
HWY_INLINE V tanh_vector(D d, V h, double /*precision*/) {
  const hn::RebindToUnsigned<D> bits;
  const V one = hn::Set(d, 1.0);
  const V magnitude = hn::Min(hn::Abs(h), hn::Set(d, 20.0));  // beyond 19.1, tanh rounds to 1
  // Added to a number below 2^51 it leaves that number's nearest integer in the last bits.
  const V round = hn::Set(d, 0x1.8p52);
  const V shifted = hn::MulAdd(magnitude, hn::Set(d, 2.8853900817779268), round);
  const V k = hn::Sub(shifted, round);
  // ln(2) / 2 in two parts, the first so short that its product with k is exact.
  V r = hn::NegMulAdd(k, hn::Set(d, 0x1.62e42fefa3800p-2), magnitude);
  r = hn::NegMulAdd(k, hn::Set(d, 0x1.ef35793c76730p-46), r);
  const V t = hn::Mul(r, r);
  V p = hn::MulAdd(t, hn::Set(d, 0.0010574197122942268), hn::Set(d, 0.11109938247915434));
  p = hn::Mul(hn::MulAdd(p, t, one), r);
  V q = hn::MulAdd(t, hn::Set(d, 0.015868324984984834), hn::Set(d, 0.44443271581248195));
  q = hn::MulAdd(q, t, one);
  constexpr std::uint64_t kExponentOfOne = 0x3FF0'0000'0000'0000;
  const V power = hn::BitCast(d, hn::Add(hn::ShiftLeft<52>(hn::BitCast(bits, shifted)),
                                         hn::Set(bits, kExponentOfOne)));  // 2^k
  const V numerator = hn::MulAdd(hn::Add(power, one), p, hn::Mul(hn::Sub(power, one), q));
  // Errors of the numerator are also the denominator's and cancel where tanh is close to 1.
  const V denominator = hn::MulAdd(hn::Set(d, 2.0), hn::Sub(q, p), numerator);
  const V x = hn::CopySign(hn::Div(numerator, denominator), h);
  return hn::IfThenElse(hn::Eq(h, h), x, h);
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

struct LeakyRelu {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    using T = hn::TFromD<D>;
    const V leak = hn::Set(d, static_cast<T>(kLeak));
    const auto is_positive = hn::Gt(h, hn::Zero(d));
    return {hn::IfThenElse(is_positive, h, hn::Mul(leak, h)),
            hn::IfThenElse(is_positive, hn::Set(d, T(1)), leak)};
  }
};

// The rest is for float32 training; probes, in double, use the scalar formulas. With u = 2^-24,
// phi(h) is within 6 u of itself, gelu's within (6 + 2 h^2) u, since e^(-h^2/2) magnifies the
// rounding of h^2. Slopes: sigmoid's within 6 u of itself, erf's within (6 + h^2) u, and gelu's and
// silu's, which cross zero, within 4 u.

/// e^v for v <= 0 within 2 ulp; NaN stays NaN.
template <class D, class V>
HWY_INLINE V exp_of_negative(D d, V v) {
  return hn::IfThenElse(hn::Eq(v, v), hn::Exp(d, v), v);
}

/// h times a factor that vanishes faster than h grows, as in math/activation.hpp.
template <class D, class V>
HWY_INLINE V damped(D d, V h, V factor) {
  return hn::IfThenZeroElse(hn::Eq(factor, hn::Zero(d)), hn::Mul(h, factor));
}

/// Ratio of two polynomials of t with coefficients from the constant on.
template <int kP, int kQ, class D, class V>
HWY_INLINE V rational(D d, const float (&p)[kP], const float (&q)[kQ], V t) {
  V numerator = hn::Set(d, p[kP - 1]);
  for (int k = kP - 2; k >= 0; --k)
    numerator = hn::MulAdd(numerator, t, hn::Set(d, p[k]));
  V denominator = hn::Set(d, q[kQ - 1]);
  for (int k = kQ - 2; k >= 0; --k)
    denominator = hn::MulAdd(denominator, t, hn::Set(d, q[k]));
  return hn::Div(numerator, denominator);
}

/// erf(h) = h P(h^2) / Q(h^2), of least maximum relative error, 1.4e-8, on [0, 3.84], beyond which
/// float erf is 1.
struct Erf {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    constexpr float kP[] = {1.1283791065216064F,     0.187550887465477F,
                            0.052443284541368484F,   0.003661372000351548F,
                            0.00028581247897818685F, 2.1167606973904185e-06F};
    constexpr float kQ[] = {1.0F,
                            0.49954554438591003F,
                            0.11299414187669754F,
                            0.014759741723537445F,
                            0.0011432130122557282F,
                            3.8826132367830724e-05F};
    constexpr float kTwoOverSqrtPi = 1.12837916709551257390F;
    const V limit = hn::Set(d, 3.84F);
    const V one = hn::Set(d, 1.0F);
    const V magnitude = hn::Min(hn::Abs(h), limit);
    const V near = hn::Mul(magnitude, rational(d, kP, kQ, hn::Mul(magnitude, magnitude)));
    const V bounded = hn::IfThenElse(hn::Ge(hn::Abs(h), limit), one, hn::Min(near, one));
    return {hn::IfThenElse(hn::Eq(h, h), hn::CopySign(bounded, h), h),
            hn::Mul(hn::Set(d, kTwoOverSqrtPi), exp_of_negative(d, hn::Neg(hn::Mul(h, h))))};
  }
};

struct Sigmoid {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    const V one = hn::Set(d, 1.0F);
    const V e = exp_of_negative(d, hn::Neg(hn::Abs(h)));
    const V larger = hn::Div(one, hn::Add(one, e));
    const V smaller = hn::Mul(e, larger);  // 1 - larger, without cancellation
    return {hn::IfThenElse(hn::Ge(h, hn::Zero(d)), larger, smaller), hn::Mul(larger, smaller)};
  }
};

struct Silu {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    const ActivationPair<V> sigma = Sigmoid::apply(d, h);
    return {damped(d, h, sigma.x), hn::Add(sigma.x, damped(d, h, sigma.derivative))};
  }
};

/// With a = |h|, the normal distribution function at -a is e^(-a^2/2) P(a) / Q(a), the quotient of
/// least maximum relative error, 5.6e-9, on [0, 14]; beyond, it is zero in float.
struct Gelu {
  template <class D, class V>
  static HWY_INLINE ActivationPair<V> apply(D d, V h) {
    constexpr float kP[] = {0.5F, 0.4372525215148926F, 0.18246224522590637F, 0.04037246108055115F,
                            0.00407753000035882F};
    constexpr float kQ[] = {1.0F,
                            1.6723899841308594F,
                            1.199294090270996F,
                            0.4674299657344818F,
                            0.10120556503534317F,
                            0.01022072322666645F};
    constexpr float kInverseSqrt2Pi = 0.39894228040143267794F;
    const V a = hn::Abs(h);
    const V e = exp_of_negative(d, hn::Mul(hn::Set(d, -0.5F), hn::Mul(a, a)));
    const V tail = hn::Mul(e, rational(d, kP, kQ, hn::Min(a, hn::Set(d, 14.5F))));
    const V cdf = hn::IfThenElse(hn::Ge(h, hn::Zero(d)), hn::Sub(hn::Set(d, 1.0F), tail), tail);
    const V density = hn::Mul(hn::Set(d, kInverseSqrt2Pi), e);
    return {damped(d, h, cdf), hn::Add(cdf, damped(d, h, density))};
  }
};

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // VNSWEEP_CPU_ACTIVATION_INL

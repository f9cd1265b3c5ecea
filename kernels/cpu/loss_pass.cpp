#include "kernels/cpu/loss_pass.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/loss_pass.cpp"
#include <hwy/foreach_target.h>  // recompiles this file for each instruction set
#include <hwy/highway.h>

#include "kernels/cpu/activation-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The formulas of math/loss.hpp, which see for why nothing overflows or cancels.
void BinaryCrossEntropies(const float* z, const float* y, std::size_t count, float* loss,
                          float* derivative) {
  const hn::CappedTag<float, 16> d;
  const auto one = hn::Set(d, 1.0F);
  const auto zero = hn::Zero(d);
  for (std::size_t k = 0; k < count; k += hn::Lanes(d)) {
    const auto logit = hn::Load(d, z + k);
    const auto target = hn::Load(d, y + k);
    const auto is_positive = hn::Gt(logit, zero);
    const auto e = exp_of_negative(d, hn::Neg(hn::Abs(logit)));
    const auto positive = hn::IfThenElseZero(is_positive, logit);
    const auto linear = hn::Sub(positive, hn::Mul(logit, target));
    hn::Store(hn::Add(linear, hn::Log1p(d, e)), d, loss + k);
    const auto numerator = hn::IfThenElse(hn::Ge(logit, zero), one, e);
    hn::Store(hn::Sub(hn::Div(numerator, hn::Add(one, e)), target), d, derivative + k);
  }
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vnsweep::cpu {

HWY_EXPORT(BinaryCrossEntropies);

void binary_cross_entropies(const float* z, const float* y, std::size_t count, float* loss,
                            float* derivative) {
  HWY_DYNAMIC_DISPATCH(BinaryCrossEntropies)(z, y, count, loss, derivative);
}

}  // namespace vnsweep::cpu
#endif  // HWY_ONCE

#include "kernels/cpu/machine_peak.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/machine_peak.cpp"
#include <hwy/foreach_target.h>  // recompiles this file for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Independent chains: more than latency times multiply-adds a cycle (16 on the widest cores), and
/// no more than the registers hold beside the two constants. x86 before AVX-512 has 16 registers.
#if HWY_ARCH_X86
constexpr int kChains = HWY_TARGET <= HWY_AVX3 ? 24 : 12;
#else
constexpr int kChains = 24;
#endif

/// Adds kMissing chains to those given, then runs all of them. Chains are parameters, not an array:
/// vectors whose length is known at run time alone cannot be elements.
template <int kMissing, class D, class V, class... Chains>
HWY_INLINE V run_chains(D d, V half, std::int64_t rounds, Chains... x) {
  if constexpr (kMissing > 0) {
    // Every chain starts elsewhere: equal ones would be computed once.
    const V start = hn::Set(d, 1.0F + static_cast<float>(kMissing) / 32.0F);
    return run_chains<kMissing - 1>(d, half, rounds, x..., start);
  } else {
    for (std::int64_t round = 0; round < rounds; ++round)
      ((x = hn::MulAdd(x, half, half)), ...);
    V sum = hn::Zero(d);
    ((sum = hn::Add(sum, x)), ...);
    return sum;
  }
}

}  // namespace

MultiplyAddResult MultiplyAddChains(std::int64_t rounds) {
  const hn::ScalableTag<float> d;
  const auto sum = run_chains<kChains>(d, hn::Set(d, 0.5F), rounds);
  const double per_round = 2.0 * kChains * static_cast<double>(hn::Lanes(d));
  return {.flop = per_round * static_cast<double>(rounds),
          .sum = hn::GetLane(hn::SumOfLanes(d, sum))};
}

void NegateInPlace(float* data, std::size_t count) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  // SVE's longest vectors have 64 floats, so kNegateGroup is a whole number of these groups.
  for (std::size_t i = 0; i < count; i += 4 * lanes) {
    const auto v0 = hn::Load(d, data + i);
    const auto v1 = hn::Load(d, data + i + lanes);
    const auto v2 = hn::Load(d, data + i + 2 * lanes);
    const auto v3 = hn::Load(d, data + i + 3 * lanes);
    hn::Store(hn::Neg(v0), d, data + i);
    hn::Store(hn::Neg(v1), d, data + i + lanes);
    hn::Store(hn::Neg(v2), d, data + i + 2 * lanes);
    hn::Store(hn::Neg(v3), d, data + i + 3 * lanes);
  }
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vnsweep::cpu {

HWY_EXPORT(MultiplyAddChains);
HWY_EXPORT(NegateInPlace);

MultiplyAddResult multiply_add_chains(std::int64_t rounds) {
  return HWY_DYNAMIC_DISPATCH(MultiplyAddChains)(rounds);
}
void negate_in_place(float* data, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(NegateInPlace)(data, count);
}

}  // namespace vnsweep::cpu
#endif  // HWY_ONCE

#pragma once

namespace vnsweep {

/// Raised whenever any engine's results change. Part of every run's identity, so that results of
/// different numerics never mix.
inline constexpr int kNumericsVersion = 2;

}  // namespace vnsweep

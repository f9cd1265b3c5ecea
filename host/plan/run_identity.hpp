#pragma once

#include <cstdint>
#include <string>

#include "host/manifest/run_spec.hpp"

namespace vnsweep {

/// Philox key of a run: a hash of the numerics version and the physics (task, depth, width, scale,
/// bias_scale, activation, init, seed), or of the seed alone under `seeding: paired`.
std::uint64_t run_key(const RunSpec& spec);

/// 32 hexadecimal digits that identify a run's result: a hash of the whole specification and the
/// numerics version. The engine and the number of threads are not part of it.
std::string run_id(const RunSpec& spec);

/// Canonical text of the whole specification, as the store keeps it.
std::string spec_text(const RunSpec& spec);

/// Canonical text of everything but the seed: runs of equal text are repetitions of one cell.
std::string cell_text(const RunSpec& spec);

}  // namespace vnsweep

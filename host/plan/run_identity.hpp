#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/manifest/run_spec.hpp"

namespace vnsweep {

/// Philox key of a run: a hash of the numerics version and the physics (task, depth, width, scale,
/// bias_scale, activation, init, seed), or of the seed alone under `seeding: paired`.
std::uint64_t run_key(const RunSpec& spec);

/// 32 hexadecimal digits that identify a run's result: a hash of the numerics version and the whole
/// specification, where files count by their content. The engine and the number of threads are not
/// part of it.
std::string run_id(const RunSpec& spec);

/// The same as a number of 128 bits.
struct RunId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const RunId&) const = default;  // NOLINT(modernize-use-nullptr): no pointer
};
RunId binary_run_id(const RunSpec& spec);

/// @returns nothing unless it is 32 hexadecimal digits
std::optional<RunId> parse_run_id(std::string_view text);

/// Canonical text of the whole specification, as the store keeps it.
std::string spec_text(const RunSpec& spec);

/// The same without where the data are: runs of equal text have equal results.
std::string identity_text(const RunSpec& spec);

/// Canonical text of the task alone: runs of equal text train on the same data.
std::string task_text(const RunSpec& spec);

/// Philox key of the data: of all that is random in a generated data set, or of the subset that is
/// drawn from a file. One data set serves all runs of a task, whatever their seeds.
///   generated: XXH3-64 of task_text
///   from files: XXH3-64 of {"content":"...","data_seed":0}, so that a larger subset holds every
///   smaller one, however the data are normalised
std::uint64_t data_key(const RunSpec& spec);

/// Canonical text of everything but the seed: runs of equal text are repetitions of one cell.
std::string cell_text(const RunSpec& spec);

}  // namespace vnsweep

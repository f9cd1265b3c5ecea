#pragma once

#include <filesystem>
#include <string>

#include "host/manifest/run_spec.hpp"
#include "kernels/engine.hpp"

namespace vnsweep {

/// Trains one run for its whole budget, success or not, and writes everything needed to replay it
/// in another program: initial and final weights, data, the loss before every update, mini-batches,
/// and the probes at both ends with their inputs. README.md lists the tensors.
/// @param engine_name  "cpu", recorded in the file
/// @throws std::runtime_error if the file cannot be written
void write_trace(const RunSpec& spec, Engine& engine, const std::string& engine_name,
                 const std::filesystem::path& file);

}  // namespace vnsweep

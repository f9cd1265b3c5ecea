#include "kernels/cpu/probe_inputs.hpp"

#include <algorithm>
#include <vector>

#include "kernels/cpu/double_passes.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep::cpu {
namespace {

constexpr std::size_t kBytesKept = std::size_t{4} << 20;

std::size_t doubles_of_run(int inputs, int samples) {
  return static_cast<std::size_t>(inputs) * static_cast<std::size_t>(padded_samples(samples));
}

std::size_t runs_kept(int inputs, int samples) {
  return kBytesKept / (sizeof(double) * doubles_of_run(inputs, samples));
}

}  // namespace

ProbeInputs::ProbeInputs(int inputs, int samples) : inputs_(inputs), samples_(samples) {}

std::size_t ProbeInputs::bytes(int inputs, int samples, std::size_t runs) {
  return sizeof(double) * doubles_of_run(inputs, samples) *
         (1 + std::min(runs, runs_kept(inputs, samples)));
}

void ProbeInputs::draw(std::uint64_t run_key, AlignedBuffer<double>& columns) const {
  if (columns.size() == 0) columns = AlignedBuffer<double>(doubles_of_run(inputs_, samples_));
  const std::vector<float> rows = draw_probe_inputs(run_key, samples_, inputs_);
  transpose_rows(rows.data(), samples_, inputs_, padded_samples(samples_), columns.data());
}

const double* ProbeInputs::of(std::uint64_t run_key) {
  const auto found = kept_.find(run_key);
  if (found != kept_.end()) return found->second.data();
  const bool keep = kept_.size() < runs_kept(inputs_, samples_);
  AlignedBuffer<double>& columns = keep ? kept_[run_key] : not_kept_;
  draw(run_key, columns);
  return columns.data();
}

}  // namespace vnsweep::cpu

#include "host/forecast/pilot.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/plan/batch.hpp"

namespace vnsweep {
namespace {

bool same_cell(RunSpec a, const RunSpec& b) {
  a.seed = b.seed;
  return a == b;
}

/// Another run of the same cell, or the run itself.
std::size_t partner(std::span<const RunSpec> runs, std::size_t k) {
  if (k + 1 < runs.size() && same_cell(runs[k + 1], runs[k])) return k + 1;
  if (k > 0 && same_cell(runs[k - 1], runs[k])) return k - 1;
  return k;
}

/// The k-th number of van der Corput's sequence, k > 0: the bits of k behind the binary point, in
/// reverse. 1/2, 1/4, 3/4, 1/8, ...
double van_der_corput(std::size_t k) {
  double value = 0.0;
  for (double weight = 0.5; k > 0; k /= 2, weight /= 2.0)
    value += static_cast<double>(k % 2) * weight;
  return value;
}

}  // namespace

std::vector<std::size_t> pilot_sequence(std::span<const RunSpec> runs, std::size_t places,
                                        PilotDesign design) {
  std::vector<double> cumulative(runs.size());
  double total = 0.0;
  for (std::size_t k = 0; k < runs.size(); ++k)
    cumulative[k] = total += predicted_cost(runs[k]);
  std::vector<std::size_t> sequence;
  for (std::size_t place = 0; place < places; ++place) {
    const double at = total * van_der_corput(place + 1);
    const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), at);
    const auto run =
        std::min(static_cast<std::size_t>(found - cumulative.begin()), runs.size() - 1);
    sequence.push_back(run);
    if (design == PilotDesign::pairs) sequence.push_back(partner(runs, run));
  }
  return sequence;
}

std::optional<Pilot> make_pilot(std::span<const RunSpec> runs, PilotDesign design,
                                const PilotLimits& limits, const RunSample& run_sample,
                                const std::function<double()>& clock) {
  constexpr std::size_t kFirstWave = 16;
  const std::size_t per_place = design == PilotDesign::pairs ? 2 : 1;
  const std::vector<std::size_t> sequence = pilot_sequence(runs, limits.places, design);
  Pilot pilot;
  const double start = clock();
  std::size_t done = 0;
  std::size_t wave = std::min(kFirstWave, limits.places);
  while (wave > 0) {
    const auto first = sequence.begin() + static_cast<std::ptrdiff_t>(done * per_place);
    const auto last = first + static_cast<std::ptrdiff_t>(wave * per_place);
    const auto outcomes = run_sample({first, last});
    if (!outcomes) return std::nullopt;
    pilot.outcomes.insert(pilot.outcomes.end(), outcomes->begin(), outcomes->end());
    done += wave;

    const double elapsed = std::max(clock() - start, 1e-9);
    const double left = std::max(0.0, limits.seconds - elapsed);
    const double affordable = static_cast<double>(done) * left / elapsed;
    // At most as many as there have been: their time may not be typical.
    const std::size_t most = std::min(done, limits.places - done);
    wave = affordable < static_cast<double>(most) ? static_cast<std::size_t>(affordable) : most;
  }
  return pilot;
}

std::string sweep_identity(const Manifest& manifest) {
  nlohmann::json resolved = manifest.resolved;
  resolved.erase("name");
  resolved.erase("description");
  const std::string text = resolved.dump();
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

Estimate share_spent(std::span<const double> spent, std::span<const double> whole,
                     std::span<const double> operations) {
  const std::size_t n = spent.size();
  if (n == 0) throw std::logic_error("share_spent: no runs");
  double sum_spent = 0.0;
  double sum_whole = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    sum_spent += spent[k] / operations[k];
    sum_whole += whole[k] / operations[k];
  }
  Estimate share{.value = sum_spent / sum_whole, .error = 0.0};
  if (n == 1) {
    share.error = share.value;
    return share;
  }
  const auto residual = [&](std::size_t k) {
    return (spent[k] - share.value * whole[k]) / operations[k];
  };
  double differences = 0.0;
  for (std::size_t k = 1; k < n; ++k)
    differences += std::pow(residual(k) - residual(k - 1), 2);
  const double count = static_cast<double>(n);
  share.error = std::sqrt(count * differences / (2.0 * (count - 1.0))) / sum_whole;
  return share;
}

}  // namespace vnsweep

#include "host/verify/reproduce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "host/plan/batch.hpp"
#include "host/report/text.hpp"
#include "host/schedule/batch_runner.hpp"
#include "host/task/task.hpp"

namespace vnsweep {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// Relative to the larger of the two, or to `scale` where that is larger still; NaN equals NaN.
double relative_difference(double a, double b, double scale) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0.0;
  if (!std::isfinite(a) || !std::isfinite(b)) return kInfinite;
  return std::fabs(a - b) / std::max({std::fabs(a), std::fabs(b), scale});
}

/// Values that rounding is relative to: a loss of 1e-9 that differs by half of itself, or one of
/// the eigenvalues that are zero but for rounding, is no sign of another result.
constexpr double kLossScale = 0.1;
constexpr double kLogarithmScale = 1.0;

/// Collects what is compared.
class Comparison {
 public:
  void word(const char* name, const std::string& stored, const std::string& now) {
    quantities_.push_back({name, stored, now, stored == now ? 0.0 : kInfinite});
  }

  void number(const char* name, double stored, double now, double scale) {
    quantities_.push_back(
        {name, number_text(stored), number_text(now), relative_difference(stored, now, scale)});
  }

  /// @param scales  of each value; empty: each is compared with its own size
  void array(const char* name, const std::vector<double>& stored, const std::vector<double>& now,
             const std::vector<double>& scales = {}) {
    double worst = stored.size() == now.size() ? 0.0 : kInfinite;
    for (std::size_t k = 0; k < std::min(stored.size(), now.size()); ++k) {
      worst =
          std::max(worst, relative_difference(stored[k], now[k], scales.empty() ? 0.0 : scales[k]));
    }
    quantities_.push_back({name, fmt::format("{} values", stored.size()),
                           fmt::format("{} values", now.size()), worst});
  }

  std::vector<ReproducedQuantity> take() { return std::move(quantities_); }

 private:
  std::vector<ReproducedQuantity> quantities_;
};

/// One array of every probe, one after the other.
std::vector<double> all_probes(const StoredResult& result,
                               std::vector<double> StoredProbe::*array) {
  std::vector<double> values;
  for (const StoredProbe& probe : result.probes)
    values.insert(values.end(), (probe.*array).begin(), (probe.*array).end());
  return values;
}

std::vector<double> all_steps(const StoredResult& result) {
  std::vector<double> steps;
  for (const StoredProbe& probe : result.probes)
    steps.push_back(static_cast<double>(probe.step));
  return steps;
}

std::vector<double> all_eigenvalues(const StoredResult& result) {
  std::vector<double> values;
  for (const StoredProbe& probe : result.probes) {
    if (!probe.spectrum) continue;
    for (const std::vector<float>& layer : *probe.spectrum)
      values.insert(values.end(), layer.begin(), layer.end());
  }
  return values;
}

/// The largest eigenvalue of its layer for each eigenvalue.
std::vector<double> largest_eigenvalues(const StoredResult& result) {
  std::vector<double> values;
  for (const StoredProbe& probe : result.probes) {
    if (!probe.spectrum) continue;
    for (const std::vector<float>& layer : *probe.spectrum)
      values.insert(values.end(), layer.size(), layer.empty() ? 0.0 : layer.front());
  }
  return values;
}

}  // namespace

StoredResult find_result(std::vector<Store>& stores, std::string_view prefix) {
  StoredResult found;
  Store* holder = nullptr;
  for (Store& store : stores) {
    for (StoredRun& run : store.runs()) {
      if (!run.run_id.starts_with(prefix)) continue;
      const bool again = run.run_id == found.run.run_id;
      if (again && found.run.status != RunStatus::error) continue;
      if (holder != nullptr && !again) {
        throw StoreError(
            fmt::format("more than one run has an id that begins with '{}' ({} and {}"
                        " do); give more of it",
                        prefix, found.run.run_id, run.run_id));
      }
      found.run = std::move(run);
      holder = &store;
    }
  }
  if (holder == nullptr) {
    throw StoreError(
        fmt::format("no stored run has an id that begins with '{}'; vnsweep export DIR"
                    " --table runs lists them",
                    prefix));
  }
  if (found.run.status == RunStatus::error) {
    throw StoreError(
        fmt::format("run {} could not be made ({}), so there is no result to compare "
                    "with; `vnsweep run` tries it again",
                    found.run.run_id, found.run.error));
  }
  found.probes = holder->probes(found.run);
  return found;
}

StoredResult make_again(const RunSpec& spec, Engine& engine) {
  Store store = Store::in_memory();
  const auto commit = [&](const RunResult& result) { store.commit(std::array{result}); };
  run_batch(engine, make_batch({spec}, make_training_data(spec)), commit, {});
  StoredResult again{.run = store.runs().at(0)};
  again.probes = store.probes(again.run);
  return again;
}

std::vector<ReproducedQuantity> compare_results(const StoredResult& stored,
                                                const StoredResult& now) {
  Comparison comparison;
  comparison.word("status", std::string(to_string(stored.run.status)),
                  std::string(to_string(now.run.status)));
  comparison.word("cause", stored.run.cause, now.run.cause);
  comparison.word("steps", std::to_string(stored.run.steps), std::to_string(now.run.steps));
  struct Number {
    const char* name;
    double StoredRun::*member;
    double scale;
  };
  const std::array<Number, 8> numbers = {{
      {"loss", &StoredRun::loss, kLossScale},
      {"accuracy", &StoredRun::accuracy, 0.0},
      {"VNI at the start", &StoredRun::vni_initial, 0.0},
      {"VNI at the end", &StoredRun::vni_final, 0.0},
      {"N_eff at the end", &StoredRun::n_eff_final, 0.0},
      {"log10(g_1/g_L)", &StoredRun::log10_gradient_ratio, kLogarithmScale},
      {"m_1 at the start", &StoredRun::m1_initial, 0.0},
      {"local VNI at the start", &StoredRun::local_vni_initial, 0.0},
  }};
  for (const auto& [name, member, scale] : numbers)
    comparison.number(name, stored.run.*member, now.run.*member, scale);
  comparison.array("steps of probes", all_steps(stored), all_steps(now));
  const std::array<std::pair<const char*, std::vector<double> StoredProbe::*>, 9> arrays = {{
      {"live nodes", &StoredProbe::live},
      {"VNI", &StoredProbe::vni},
      {"N_eff", &StoredProbe::n_eff},
      {"effective rank", &StoredProbe::effective_rank},
      {"q", &StoredProbe::q},
      {"gradient RMS", &StoredProbe::gradient_rms},
      {"m_1", &StoredProbe::m1},
      {"m_2", &StoredProbe::m2},
      {"local VNI", &StoredProbe::local_vni},
  }};
  for (const auto& [name, array] : arrays)
    comparison.array(name, all_probes(stored, array), all_probes(now, array));
  comparison.array("spectrum", all_eigenvalues(stored), all_eigenvalues(now),
                   largest_eigenvalues(stored));
  return comparison.take();
}

Reproduction judge(const std::vector<ReproducedQuantity>& quantities) {
  // Training amplifies roundings: some thousand single-precision ones of the last bit.
  constexpr double kRounding = 1e-3;
  double worst = 0.0;
  for (const ReproducedQuantity& quantity : quantities)
    worst = std::max(worst, quantity.difference);
  if (worst == 0.0) return Reproduction::identical;
  return worst <= kRounding ? Reproduction::rounding : Reproduction::different;
}

}  // namespace vnsweep

#include "host/store/stored_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "host/manifest/field.hpp"
#include "host/store/schema.hpp"
#include "host/task/task.hpp"

namespace vnsweep {
namespace {

/// As much of a text as a message can show.
std::string shown(const std::string& text) {
  constexpr std::size_t kMostShown = 200;
  return text.size() <= kMostShown ? text : text.substr(0, kMostShown) + "...";
}

/// Calls `read` and says of which file the row is that cannot be read.
template <class Read>
auto reading(const std::filesystem::path& file, Read read) {
  try {
    return read();
  } catch (const StoreError& e) {
    throw StoreError(
        fmt::format("{} is damaged ({}); move it away or restore a copy", file.string(), e.what()));
  }
}

template <class T>
std::vector<T> values_of(std::span<const std::byte> bytes) {
  if (bytes.size() % sizeof(T) != 0) throw StoreError("an array ends within a value");
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// Only failures have a cause.
std::string cause_from_text(RunStatus status, const std::string& text) {
  if (status != RunStatus::failed) return "";
  for (const FailureCause cause : {FailureCause::exploding, FailureCause::vanishing,
                                   FailureCause::walking_dead, FailureCause::unconverged}) {
    if (text == to_string(cause)) return text;
  }
  throw StoreError(fmt::format("'{}' is no cause of a failure", shown(text)));
}

/// Whether everything is there that the sizes of the training set follow from.
bool is_task_complete(const RunSpec& spec) {
  RunSpec complete = spec;
  fill_task_defaults(complete);
  const TaskOptions& options = *spec.options;
  if (spec.task == TaskKind::parity) return spec.bits.has_value();
  if (is_file_task(spec.task)) return options.samples && options.inputs && options.outputs;
  return *complete.options == options;
}

void check_probe(const StoredProbe& probe, const RunSpec& spec) {
  const auto layers = static_cast<std::size_t>(spec.depth);
  for (const auto* array : {&probe.vni, &probe.live, &probe.n_eff, &probe.effective_rank, &probe.q,
                            &probe.gradient_rms}) {
    if (array->size() != layers) throw StoreError("a probe is not of its run's depth");
  }
  for (const auto* array : {&probe.m1, &probe.m2, &probe.local_vni}) {
    if (array->size() != (probe.m1.empty() ? 0 : layers)) {
      throw StoreError("Jacobian moments are not of their run's depth");
    }
  }
  const auto is_count = [&](double live) {
    return live >= 0.0 && live <= static_cast<double>(spec.width);
  };
  if (!std::all_of(probe.live.begin(), probe.live.end(), is_count)) {
    throw StoreError("a number of live nodes is beyond its run's width");
  }
  if (probe.step < 0 || probe.step > spec.steps) {
    throw StoreError(fmt::format("a probe is of step {} of {}", probe.step, spec.steps));
  }
}

/// Eigenvalues by layer: min(live, samples) of each.
std::vector<std::vector<float>> split_spectrum(const std::vector<float>& eigenvalues,
                                               const std::vector<double>& live,
                                               std::int64_t samples) {
  std::vector<std::vector<float>> spectrum;
  auto next = eigenvalues.begin();
  for (const double nodes : live) {
    const auto count = std::min(static_cast<std::int64_t>(nodes), samples);
    if (count < 0 || eigenvalues.end() - next < count) {
      throw StoreError("a spectrum is shorter than its live nodes");
    }
    spectrum.emplace_back(next, next + count);
    next += count;
  }
  return spectrum;
}

}  // namespace

RunStatus status_from_text(const std::string& text) {
  for (const RunStatus status : {RunStatus::succeeded, RunStatus::failed, RunStatus::error}) {
    if (text == to_string(status)) return status;
  }
  throw StoreError(fmt::format("'{}' is no status of a run", shown(text)));
}

RunSpec spec_from_text(const std::string& config) {
  RunSpec spec;
  const auto json = nlohmann::json::parse(config, nullptr, false);
  if (json.is_discarded()) {
    throw StoreError(fmt::format("a configuration is not JSON: {}", shown(config)));
  }
  for (const Field& field : all_fields()) {
    const auto path = nlohmann::json::json_pointer(
        field.section.empty() ? fmt::format("/{}", field.name)
                              : fmt::format("/{}/{}", field.section, field.name));
    if (!json.contains(path)) {
      if (!field.required) continue;
      throw StoreError(fmt::format("a configuration has no {}: {}", field.name, shown(config)));
    }
    const nlohmann::json& entry = json[path];
    Value value;
    if (entry.is_string()) {
      value = entry.get<std::string>();
    } else if (field.type == FieldType::real && entry.is_number()) {
      value = entry.get<double>();
    } else if (entry.is_number_integer()) {
      value = entry.get<std::int64_t>();
    }
    if (std::holds_alternative<std::monostate>(value) || !check_value(field, value).empty()) {
      throw StoreError(
          fmt::format("a configuration has an invalid {}: {}", field.name, shown(config)));
    }
    field.set(spec, value);
  }
  return spec;
}

std::string select_runs_text(Database& database) {
  return "SELECT id, run_id, config, status, cause, steps, loss, accuracy, vni_initial, "
         "vni_final, n_eff_final, log10_gradient_ratio, error, engine, device, seconds, "
         "finished_at, " +
         jacobian_columns(database, {"m1_initial", "local_vni_initial"}) + ", " +
         checksum_test(database, kRunContent) + " FROM runs";
}

StoredRun read_run(const Statement& row, const std::filesystem::path& file) {
  return reading(file, [&] {
    StoredRun run;
    run.row = row.integer(0);
    run.run_id = row.text(1);
    run.config = row.text(2);
    run.spec = spec_from_text(run.config);
    if (!is_task_complete(run.spec)) {
      throw StoreError(
          fmt::format("a configuration lacks parts of its task: {}", shown(run.config)));
    }
    run.status = status_from_text(row.text(3));
    run.cause = cause_from_text(run.status, row.text(4));
    run.steps = row.integer(5);
    run.loss = row.real(6);
    run.accuracy = row.real(7);
    run.vni_initial = row.real(8);
    run.vni_final = row.real(9);
    run.n_eff_final = row.real(10);
    run.log10_gradient_ratio = row.real(11);
    run.error = row.text(12);
    run.engine = row.text(13);
    run.device = row.text(14);
    run.seconds = row.real(15);
    run.finished_at = row.text(16);
    run.m1_initial = row.real(17);
    run.local_vni_initial = row.real(18);
    return run;
  });
}

std::string select_probes_text(Database& database) {
  return "SELECT step, samples, vni, live, n_eff, effective_rank, q, gradient_rms, spectrum, " +
         jacobian_columns(database, {"m1", "m2", "local_vni"}) + ", " +
         checksum_test(database, kProbeContent) + " FROM probes WHERE run = ? ORDER BY step";
}

StoredProbe read_probe(const Statement& row, const RunSpec& spec,
                       const std::filesystem::path& file) {
  return reading(file, [&] {
    StoredProbe probe;
    probe.step = row.integer(0);
    const std::int64_t samples = row.integer(1);
    probe.vni = values_of<double>(row.blob(2));
    probe.live = values_of<double>(row.blob(3));
    probe.n_eff = values_of<double>(row.blob(4));
    probe.effective_rank = values_of<double>(row.blob(5));
    probe.q = values_of<double>(row.blob(6));
    probe.gradient_rms = values_of<double>(row.blob(7));
    probe.m1 = values_of<double>(row.blob(9));
    probe.m2 = values_of<double>(row.blob(10));
    probe.local_vni = values_of<double>(row.blob(11));
    check_probe(probe, spec);
    if (!row.is_null(8)) {
      probe.spectrum = split_spectrum(values_of<float>(row.blob(8)), probe.live, samples);
    }
    return probe;
  });
}

}  // namespace vnsweep

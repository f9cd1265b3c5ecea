#include "host/report/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "host/manifest/field.hpp"
#include "host/report/text.hpp"

namespace vnsweep {
namespace {

using Row = std::vector<std::pair<std::string, nlohmann::json>>;

nlohmann::json number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

std::string csv_text(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    // Values of one cell, as many spreadsheets and data-frame readers split them.
    std::string text;
    for (const auto& entry : value) {
      if (!text.empty()) text += ' ';
      text += csv_text(entry);
    }
    return text;
  }
  if (value.is_number_float()) return number_text(value.get<double>());
  return value.dump();
}

/// Writes rows as they come, so that memory does not grow with their number.
class RowWriter {
 public:
  RowWriter(ExportFormat format, std::ostream& out) : format_(format), out_(out) {}

  void write(const Row& row) {
    if (format_ == ExportFormat::json) {
      nlohmann::ordered_json object;
      for (const auto& [name, value] : row)
        object[name] = value;
      // A text of the database may be no UTF-8; what is not is replaced.
      out_ << (rows_ == 0 ? "[\n" : ",\n")
           << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    } else {
      std::vector<std::string> fields;
      if (rows_ == 0) {
        for (const auto& entry : row)
          fields.push_back(entry.first);
        out_ << csv_line(fields);
        fields.clear();
      }
      for (const auto& entry : row)
        fields.push_back(csv_text(entry.second));
      out_ << csv_line(fields);
    }
    ++rows_;
  }

  void finish() {
    if (format_ == ExportFormat::json) out_ << (rows_ == 0 ? "[]\n" : "\n]\n");
  }

 private:
  ExportFormat format_;
  std::ostream& out_;
  std::size_t rows_ = 0;
};

struct LocatedRun {
  StoredRun run;
  Store* store = nullptr;
};

/// Every run of every store, in the order of the table of fields; a run that two stores hold counts
/// once.
std::vector<LocatedRun> sorted_runs(std::vector<Store>& stores) {
  std::vector<LocatedRun> located;
  for (Store& store : stores) {
    for (StoredRun& run : store.runs())
      located.push_back({std::move(run), &store});
  }
  const auto before = [](const LocatedRun& a, const LocatedRun& b) {
    for (const Field& field : all_fields()) {
      if (field.is_location) continue;
      const Value left = field.get(a.run.spec);
      const Value right = field.get(b.run.spec);
      if (left != right) return left < right;
    }
    // A result rather than an error where two stores have both.
    return a.run.status != RunStatus::error && b.run.status == RunStatus::error;
  };
  std::stable_sort(located.begin(), located.end(), before);
  const auto same = [](const LocatedRun& a, const LocatedRun& b) {
    return a.run.run_id == b.run.run_id;
  };
  located.erase(std::unique(located.begin(), located.end(), same), located.end());
  return located;
}

/// Column names: success.accuracy and the accuracy reached must not share one.
std::string column_name(const Field& field) {
  if (field.section == "success" || field.section == "probe" || field.section == "diagnosis") {
    return fmt::format("{}_{}", field.section, field.name);
  }
  return std::string(field.name == "name" ? "task" : field.name);
}

Row configuration(const RunSpec& spec, ExportDetail detail) {
  Row row;
  for (const Field& field : all_fields()) {
    if (field.is_location && detail == ExportDetail::reproducible) continue;
    row.emplace_back(column_name(field), to_json(field.get(spec)));
  }
  return row;
}

nlohmann::json text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return text;
}

}  // namespace

void export_runs(std::vector<Store>& stores, ExportFormat format, ExportDetail detail,
                 std::ostream& out) {
  RowWriter writer(format, out);
  for (const auto& [run, store] : sorted_runs(stores)) {
    Row row = {{"run_id", run.run_id}};
    for (auto& entry : configuration(run.spec, detail))
      row.push_back(std::move(entry));
    const bool is_error = run.status == RunStatus::error;
    row.emplace_back("status", to_string(run.status));
    row.emplace_back("cause", text_or_null(run.cause));
    row.emplace_back("steps_taken", is_error ? nlohmann::json() : nlohmann::json(run.steps));
    row.emplace_back("loss", number(run.loss));
    row.emplace_back("accuracy", number(run.accuracy));
    row.emplace_back("vni_initial", number(run.vni_initial));
    row.emplace_back("vni_final", number(run.vni_final));
    row.emplace_back("n_eff_final", number(run.n_eff_final));
    row.emplace_back("log10_gradient_ratio", number(run.log10_gradient_ratio));
    row.emplace_back("m1_initial", number(run.m1_initial));
    row.emplace_back("local_vni_initial", number(run.local_vni_initial));
    row.emplace_back("error", text_or_null(run.error));
    if (detail == ExportDetail::full) {
      row.emplace_back("engine", run.engine);
      row.emplace_back("device", run.device);
      row.emplace_back("seconds", number(run.seconds));
      row.emplace_back("finished_at", run.finished_at);
    }
    writer.write(row);
  }
  writer.finish();
}

void export_probes(std::vector<Store>& stores, ExportFormat format, std::ostream& out) {
  RowWriter writer(format, out);
  for (const auto& [run, store] : sorted_runs(stores)) {
    for (const StoredProbe& probe : store->probes(run)) {
      for (std::size_t l = 0; l < probe.vni.size(); ++l) {
        nlohmann::json spectrum;
        if (probe.spectrum) {
          spectrum = nlohmann::json::array();
          for (const float eigenvalue : (*probe.spectrum)[l])
            spectrum.push_back(eigenvalue);
        }
        const auto jacobian = [&](const std::vector<double>& values) {
          return values.empty() ? nlohmann::json() : number(values[l]);
        };
        writer.write({{"run_id", run.run_id},
                      {"depth", run.spec.depth},
                      {"width", run.spec.width},
                      {"scale", run.spec.scale},
                      {"seed", run.spec.seed},
                      {"step", probe.step},
                      {"layer", l + 1},
                      {"live", static_cast<std::int64_t>(probe.live[l])},
                      {"vni", number(probe.vni[l])},
                      {"n_eff", number(probe.n_eff[l])},
                      {"effective_rank", number(probe.effective_rank[l])},
                      {"q", number(probe.q[l])},
                      {"gradient_rms", number(probe.gradient_rms[l])},
                      {"m1", jacobian(probe.m1)},
                      {"m2", jacobian(probe.m2)},
                      {"local_vni", jacobian(probe.local_vni)},
                      {"spectrum", spectrum}});
      }
    }
  }
  writer.finish();
}

}  // namespace vnsweep
